import { expect, test } from 'vitest'
import type { Hunt } from '@/api/hunts'
import { contextOf, draftOf, emptyDraft, huntQuery, newHunt, placeOf, progress, rangeOf, sampled, speed, timeLeft, wrongWith } from './hunts'

const draft = (patch: object) => ({ ...emptyDraft(), name: 'n', search: 'x', ...patch })

test('says what is wrong before it is sent', () => {
  expect(wrongWith(draft({}))).toBe('')
  expect(wrongWith(draft({ name: ' ' }))).toBe('name')
  expect(wrongWith(draft({ search: '  ' }))).toBe('search')
  expect(wrongWith(draft({ searchType: 'hex', search: '0d 0A 00' }))).toBe('')
  for (const search of ['abc', '0g', '']) expect(wrongWith(draft({ searchType: 'hex', search })), search).not.toBe('')
  expect(wrongWith(draft({ searchType: 'regex', search: '(?i)pass(word)?' }))).toBe('')
  expect(wrongWith(draft({ searchType: 'regex', search: '(?P<user>[a-z]+)' }))).toBe('')
  expect(wrongWith(draft({ searchType: 'hexregex', search: '00(..' }))).toBe('regex')
})

test('the query has both ends in whole seconds that hold all of the range', () => {
  expect(huntQuery({ expression: 'a == 1', range: { startTime: '10.5', stopTime: '20.2' } }, 0, 'UTC')).toEqual({ expression: 'a == 1', startTime: 10, stopTime: 21 })
  expect(huntQuery({ expression: '', range: { date: '1' } }, 7_200_000, 'UTC')).toEqual({ startTime: 3600, stopTime: 7200 })
  expect(huntQuery({ expression: '', range: { startTime: 'nonsense', stopTime: 'now' } }, 0, 'UTC')).toBeNull()
  expect(huntQuery({ expression: '', range: { date: '1' }, viewId: 'v1' }, 7_200_000, 'UTC')).toMatchObject({ view: 'v1' })
  const all = huntQuery({ expression: '', range: { date: '-1' } }, 0, 'UTC')
  expect(all && rangeOf(all)).toEqual({ date: '-1' })
  expect(rangeOf({ startTime: 10, stopTime: 21 })).toEqual({ startTime: '10', stopTime: '21' })
})

test('a draft becomes a hunt and a hunt a draft again', () => {
  const made = newHunt(draft({ sides: 'src', searchType: 'hex', search: '00', sharing: { users: 'ann, bob', roles: ['r'], editRoles: [] } }), { startTime: 1, stopTime: 2 }, 5)
  expect(made).toMatchObject({ src: true, dst: false, users: 'ann,bob', roles: ['r'], totalSessions: 5 })
  expect(draftOf(made as Hunt)).toMatchObject({ sides: 'src', search: '00', sharing: { users: 'ann, bob', roles: ['r'] } })
})

test('progress and time left', () => {
  expect(progress({ status: 'running', searchedSessions: 5, totalSessions: 10 })).toBe(0.5)
  expect(progress({ status: 'running', searchedSessions: 0, totalSessions: 0 })).toBe(0)
  // cancelled half way is no whole
  expect(progress({ status: 'finished', searchedSessions: 5, totalSessions: 10 })).toBe(0.5)
  const samples = sampled(sampled([], { at: 1000, searched: 100 }), { at: 3000, searched: 300 })
  expect(speed(samples)).toBe(100)
  expect(timeLeft({ searchedSessions: 300, totalSessions: 1300 }, samples)).toBe(10_000)
  expect(timeLeft({ searchedSessions: 300, totalSessions: 1300 }, samples.slice(1))).toBeNull()
  expect(sampled(samples, { at: 4000, searched: 0 })).toHaveLength(1)
  expect(sampled(samples, { at: 100_000, searched: 400 })).toHaveLength(1)
})

test('the match within its context', () => {
  expect(contextOf({ offset: 3, length: 2, context: 'abcDEfgh' })).toEqual(['abc', 'DE', 'fgh'])
  const context = `${'.'.repeat(24)}DE${'-'.repeat(24)}`
  expect(contextOf({ offset: 700, length: 2, context })[1]).toBe('DE')
})

test('a match as a place of the packet pane', () => {
  expect(placeOf({ side: 'dst', packet: 4, offset: 10, length: 3 })).toBe('4:10+3')
  expect(placeOf({ side: 'dst', packet: null, offset: 10, length: 3 })).toBe('dst:10+3')
})
