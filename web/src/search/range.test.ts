import { expect, test } from 'vitest'
import { editable, isValid, resolve, stepped, toQuery, widened } from './range'

const now = Date.UTC(2026, 10, 23, 12)

test('the last N hours end now', () => {
  expect(resolve({ date: '6' }, now, 'UTC')).toEqual({ start: now - 6 * 3_600_000, stop: now })
  expect(resolve({ date: '-1' }, now, 'UTC')).toBeNull()
})

test('relative ends are sent as seconds', () => {
  expect(toQuery({ startTime: '-1d@d', stopTime: '@d' }, now, 'UTC')).toEqual({ startTime: '1795305600', stopTime: '1795392000' })
  expect(toQuery({ date: '-1' }, now, 'UTC')).toEqual({ date: '-1' })
})

test('steps by its own length, keeps milliseconds', () => {
  expect(stepped({ start: 10_500, stop: 20_500 }, 1)).toEqual({ startTime: '20.5', stopTime: '30.5' })
  expect(stepped({ start: 10_500, stop: 20_500 }, -1)).toEqual({ startTime: '0.5', stopTime: '10.5' })
})

test('widens around the middle', () => {
  expect(widened({ start: 10_000, stop: 20_000 }, 2)).toEqual({ startTime: '5', stopTime: '25' })
})

test('a range must be readable and run forward', () => {
  expect(isValid({ startTime: 'x', stopTime: 'now' }, now, 'UTC')).toBe(false)
  expect(isValid({ startTime: 'now', stopTime: '-1h' }, now, 'UTC')).toBe(false)
  expect(isValid({ startTime: '-1h', stopTime: 'now' }, now, 'UTC')).toBe(true)
})

test('the text box shows dates, keeps relative forms', () => {
  expect(editable('1795305600', now, 'UTC')).toBe('2026/11/22 00:00:00')
  expect(editable('-2d@d', now, 'UTC')).toBe('-2d@d')
})
