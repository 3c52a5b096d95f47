import { describe, expect, test } from 'vitest'
import { formatDuration, formatNanos, formatTime, instantOf, parseTime } from './time'

const now = Date.UTC(2026, 10, 23, 11, 50, 56) // a Monday
const utc = (text: string): string | null => {
  const at = parseTime(text, now, 'UTC')
  return at === null ? null : formatTime(at, 'UTC')
}

describe('parseTime', () => {
  test.each([
    ['now', '2026/11/23 11:50:56'],
    ['-1h', '2026/11/23 10:50:56'],
    ['-h', '2026/11/23 10:50:56'],
    ['+2days', '2026/11/25 11:50:56'],
    ['@d', '2026/11/23 00:00:00'],
    ['-2d@d', '2026/11/21 00:00:00'],
    ['-6h@d', '2026/11/22 18:00:00'],
    ['@w', '2026/11/22 00:00:00'],
    ['@w1', '2026/11/23 00:00:00'],
    ['-1w@w2', '2026/11/10 00:00:00'],
    ['-1mon@mon', '2026/10/01 00:00:00'],
    ['@q', '2026/10/01 00:00:00'],
    ['-1y@y', '2025/01/01 00:00:00'],
    ['-15min', '2026/11/23 11:35:56'],
    ['2026/11/22 21:00:00', '2026/11/22 21:00:00'],
    ['2026-11-22', '2026/11/22 00:00:00'],
    ['2026-11-22T21:00:00Z', '2026/11/22 21:00:00'],
    ['2026-11-22 21:00:00 +08:00', '2026/11/22 13:00:00'],
    ['1763931600', '2025/11/23 21:00:00'],
    ['1763931600.5', '2025/11/23 21:00:00'],
  ])('%s', (text, expected) => expect(utc(text)).toBe(expected))

  test.each(['', 'soon', '-1x', '@', '-', '2026/13/01', '2026/11/22 25:00:00', '@w7'])('%j is no time', (text) =>
    expect(utc(text)).toBeNull(),
  )

  test('snaps in the zone of the user', () => {
    expect(parseTime('@d', now, 'Asia/Shanghai')).toBe(Date.UTC(2026, 10, 22, 16))
    expect(parseTime('2026/11/23 00:00:00', now, 'America/New_York')).toBe(Date.UTC(2026, 10, 23, 5))
  })

  test('keeps the milliseconds of a text', () => {
    expect(parseTime('2026/11/22 21:00:00.123', now, 'UTC')).toBe(Date.UTC(2026, 10, 22, 21, 0, 0, 123))
  })
})

test('a clock change does not move midnight', () => {
  const wall = { year: 2026, month: 3, day: 8, hour: 0, minute: 0, second: 0 }
  expect(instantOf(wall, 'America/New_York')).toBe(Date.UTC(2026, 2, 8, 5))
  expect(instantOf({ ...wall, day: 9 }, 'America/New_York')).toBe(Date.UTC(2026, 2, 9, 4))
})

test('formatNanos keeps microseconds that a double would lose', () => {
  expect(formatNanos('1795434656123456789', 'UTC')).toBe('11:50:56.123456')
})

test.each([
  [0, '0s'], [0.25, '250µs'], [3.5, '3.5ms'], [250, '250ms'], [1500, '1.5s'], [65_000, '1m 5s'], [90_000_000, '1d 1h'], [3_600_000, '1h'], [-1500, '-1.5s'],
])('formatDuration %d', (ms, expected) => expect(formatDuration(ms)).toBe(expected))
