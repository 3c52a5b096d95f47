import { describe, expect, test } from 'vitest'
import { ApiError } from '@/api/client'
import { asksForCode, failure, grouped, lockedFor } from './flow'

describe('log-in', () => {
  test('a 401 that says so asks for a code', () => {
    expect(asksForCode(new ApiError(401, 'x', undefined, { totp: true }))).toBe(true)
    expect(asksForCode(new ApiError(401, 'x'))).toBe(false)
    expect(asksForCode(new ApiError(403, 'x', undefined, { totp: true }))).toBe(false)
    expect(asksForCode(new Error('x'))).toBe(false)
  })

  test('a locked name waits', () => {
    expect(lockedFor(new ApiError(429, 'x', 12))).toBe(12)
    expect(lockedFor(new ApiError(429, 'x'))).toBe(30)
    expect(lockedFor(new ApiError(401, 'x', 12))).toBe(0)
  })

  test('only known failures are named', () => {
    expect(failure('token')).toBe('token')
    expect(failure('<b>')).toBe('error')
    expect(failure(undefined)).toBe(null)
    expect(failure(['token'])).toBe(null)
  })

  test('secrets are grouped', () => {
    expect(grouped('ABCDEFGHIJ')).toBe('ABCD EFGH IJ')
    expect(grouped('ABCD')).toBe('ABCD')
  })
})
