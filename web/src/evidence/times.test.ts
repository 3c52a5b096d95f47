import { expect, test } from 'vitest'
import { formatMicros, parseMicros } from './times'

const SEED = 1_687_074_364_968_817

test('a moment keeps its microseconds in both directions', () => {
  expect(formatMicros(SEED, 'Asia/Shanghai')).toBe('2023/06/18 15:46:04.968817')
  expect(formatMicros(1_000_007, 'UTC')).toBe('1970/01/01 00:00:01.000007')
  for (const text of ['1687074364968817', ' 1687074364.968817 ', '1687074364968817123', '2023/06/18 15:46:04.968817', '2023-06-18T07:46:04.968817Z']) {
    expect(parseMicros(text, 0, 'Asia/Shanghai'), text).toBe(SEED)
  }
  expect(parseMicros(formatMicros(SEED, 'UTC'), 0, 'UTC')).toBe(SEED)
})

test('seconds, milliseconds and relative times are moments too', () => {
  expect(parseMicros('1687074364', 0, 'UTC')).toBe(1_687_074_364_000_000)
  expect(parseMicros('1687074364968', 0, 'UTC')).toBe(1_687_074_364_968_000)
  expect(parseMicros('1687074364.9', 0, 'UTC')).toBe(1_687_074_364_900_000)
  expect(parseMicros('now', 1_687_074_364_968, 'UTC')).toBe(1_687_074_364_968_000)
  expect(parseMicros('2023/06/18 07:46:04', 0, 'UTC')).toBe(1_687_074_364_000_000)
})

test('what is no moment is refused', () => {
  for (const text of ['', 'x', '-5', '1687074364968817.5', '99999999999999999', '1e9', '0x10', '2023/13/01 00:00:00.5', '999999999999999999999999']) expect(parseMicros(text, 0, 'UTC'), text).toBeNull()
})
