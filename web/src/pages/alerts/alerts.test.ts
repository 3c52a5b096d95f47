import { expect, test } from 'vitest'
import type { AlertHit } from '@/api/alerts'
import { bars, endText, inWindow, isFiltered, queryOf, readFilter, readWindow, termOfAlert, termsOf, toggled, writeFilter, writeWindow } from './alerts'

const none = readFilter({})

test('filters go through the URL and come back', () => {
  expect(isFiltered(none)).toBe(false)
  expect(Object.values(writeFilter(none)).every((value) => value === null)).toBe(true)
  const some = readFilter({ level: 'high, extra_high,high', attacker: '10.0.0.0/8', active: 'true', status: '', type: ['SQL', 'x'] })
  expect(some).toMatchObject({ level: ['high', 'extra_high'], attacker: ['10.0.0.0/8'], active: 'true', status: [], type: [] })
  expect(readFilter(writeFilter(some))).toEqual(some)
  expect(isFiltered(some)).toBe(true)
  expect(queryOf(some)).toEqual({ level: 'high,extra_high', attacker: '10.0.0.0/8', active: 'true' })
  expect(queryOf(readFilter({ active: 'perhaps' }))).toEqual({ active: undefined })
})

test('a click adds a value, another takes it out', () => {
  const on = toggled(none, 'type', 'SQL')
  expect(on.type).toEqual(['SQL'])
  expect(toggled(toggled(on, 'type', 'XSS'), 'type', 'SQL').type).toEqual(['XSS'])
  expect(none.type).toEqual([])
})

test('filters as an expression', () => {
  expect(termsOf(none)).toBe('evidence.category == [threat, rule]')
  expect(termsOf(readFilter({ category: 'threat', name: 'UNION SELECT', attacker: '10.0.0.1,10.0.0.2' }))).toBe('evidence.category == threat && evidence.name == "UNION SELECT" && ip == [10.0.0.1, 10.0.0.2]')
})

test('the sessions of an alert, whatever its rule is called', () => {
  const alert = { category: 'threat', type: 'SQL', name: 'CRUD', attacker: '10.10.1.87', victim: '10.10.10.21' }
  expect(termOfAlert(alert)).toBe('evidence.category == threat && evidence.type == SQL && evidence.name == CRUD && ip == 10.10.1.87 && ip == 10.10.10.21')
  expect(termOfAlert({ ...alert, type: '', name: '/x "y" or/', victim: '10.10.1.87' })).toBe('evidence.category == threat && evidence.name == ["/x \\"y\\" or/"] && ip == 10.10.1.87')
  expect(termOfAlert({ ...alert, name: 'a*' })).toContain('evidence.name == [a*]')
  expect(termOfAlert({ ...alert, attacker: 'fe80::1' })).toContain('ip == fe80::1')
})

test('ends with and without a port', () => {
  expect([endText('10.0.0.1', 80), endText('fe80::1', 80), endText('fe80::1', 0), endText('10.0.0.1', null)]).toEqual(['10.0.0.1:80', '[fe80::1]:80', 'fe80::1', '10.0.0.1'])
})

test('a timeline has every bar, with room around a single one', () => {
  const { times, values, interval } = bars({ interval: 300, buckets: [[600, 2], [1500, 1]] })
  expect(interval).toBe(300)
  expect(times[0]).toBe(-300_000)
  expect(times[3]).toBe(600_000)
  expect(values).toEqual([0, 0, 0, 2, 0, 0, 1, 0, 0, 0])
  expect(times).toHaveLength(values.length)
  expect(bars({ interval: 300, buckets: [] }).times).toEqual([])
  const wide = bars({ interval: 300, buckets: [[0, 1], [300 * 1_000_000, 5]] })
  expect(wide.times.length).toBeLessThan(2100)
  expect(wide.values.reduce((sum, n) => sum + n, 0)).toBe(6)
})

test('a stretch of the timeline', () => {
  expect(readWindow('1687074300-1687074600')).toEqual({ start: 1_687_074_300_000, stop: 1_687_074_600_000 })
  for (const text of [undefined, '', '5', '6-5', '5-5', 'a-b', '-1-5', '999999999999-1']) expect(readWindow(text), String(text)).toBeNull()
  expect(writeWindow({ start: 1_687_074_300_999, stop: 1_687_074_600_001 })).toBe('1687074300-1687074601')
  const hits = [1_000_000, 2_000_000, 3_000_000].map((time) => ({ time }) as AlertHit)
  expect(inWindow(hits, { start: 2000, stop: 3000 }).map(({ time }) => time)).toEqual([2_000_000])
  expect(inWindow(hits, null)).toHaveLength(3)
})
