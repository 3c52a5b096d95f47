import { expect, test } from 'vitest'
import { hexLines, needlesOf, parted, within } from './marked'

const bytes = Uint8Array.from({ length: 20 }, (_, i) => 0x40 + i)

test('headers, payload and what matched are told apart, byte for byte', () => {
  const [first, second, ...rest] = hexLines(bytes, 4, { start: 6, end: 18 })
  expect(rest).toEqual([])
  expect(first?.offset).toBe('000000')
  expect(first?.hex).toEqual([
    { kind: 'head', text: '40 41 42 43' }, { kind: 'body', text: ' 44 45 ' }, { kind: 'hit', text: '46 47  48 49 4a 4b 4c 4d 4e 4f' },
  ])
  expect(first?.text).toEqual([{ kind: 'head', text: '@ABC' }, { kind: 'body', text: 'DE' }, { kind: 'hit', text: 'FGHIJKLMNO' }])
  expect(second?.hex).toEqual([{ kind: 'hit', text: '50 51' }, { kind: 'body', text: ' 52 53' }])
  expect(first?.hex.map((run) => run.text).join('')).toBe('40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f')
})

test('without payload or match everything is headers', () => {
  expect(hexLines(bytes.subarray(0, 2), 20, null)).toEqual([{ offset: '000000', hex: [{ kind: 'head', text: '40 41' }], text: [{ kind: 'head', text: '@A' }] }])
  expect(hexLines(new Uint8Array(), 0, null)).toEqual([])
})

test('a match that leaves the packet is cut, one outside of it is none', () => {
  expect(within({ start: 3, end: 99 }, 10)).toEqual({ start: 3, end: 10 })
  expect(within({ start: 12, end: 14 }, 10)).toBeNull()
  expect(within({ start: 4, end: 4 }, 10)).toBeNull()
  expect(within({ start: null, end: 4 }, 10)).toBeNull()
  expect(within(null, 10)).toBeNull()
})

test('a match is found in texts, decoded too', () => {
  expect(needlesOf('union+select%20')).toEqual(['union+select%20', 'union select '])
  expect(needlesOf('%')).toEqual([])
  expect(needlesOf('50%')).toEqual(['50%'])
  expect(parted('a UNION select b', needlesOf('union+select'))).toEqual(['a ', 'UNION select', ' b'])
  expect(parted('nothing', ['x', ''])).toEqual(['nothing', '', ''])
})
