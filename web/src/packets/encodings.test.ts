import { expect, test } from 'vitest'
import { hexRows } from './bytes'
import { ENCODINGS, hexSpan, spanOf, textOf } from './encodings'

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)

test('each encoding reads its own bytes', () => {
  expect(textOf(bytes(0xe9, 0x41), 'latin1')).toBe('éA')
  expect(textOf(bytes(0xd6, 0xd0, 0xb9, 0xfa, 0x0d, 0x0a, 0x61), 'gb18030')).toBe('中国\na')
  expect(textOf(bytes(0xa4, 0xa4), 'big5')).toBe('中')
  expect(textOf(bytes(0x93, 0xfa, 0x96, 0x7b), 'shiftjis')).toBe('日本')
  expect(textOf(bytes(0x41, 0, 0x2d, 0x4e), 'utf16')).toBe('A中')
  // HELLO 12, a new line, {a}
  expect(textOf(bytes(0xc8, 0xc5, 0xd3, 0xd3, 0xd6, 0x40, 0xf1, 0xf2, 0x25, 0xc0, 0x81, 0xd0), 'ebcdic')).toBe('HELLO 12\n{a}')
  expect(textOf(bytes(0x47, 0xe9), 'natural')).toBe('G.')
  expect(textOf(bytes(0xe4, 0xb8, 0xad), 'utf8')).toBe('中')
})

test('no bytes turn the page around or end a reading, in any encoding', () => {
  const all = Uint8Array.from({ length: 1024 }, (_, i) => (i * 7) % 256)
  // eslint-disable-next-line no-control-regex
  for (const encoding of ENCODINGS) expect(textOf(all, encoding)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/)
})

test('bytes are found again in the text', () => {
  const text = new TextEncoder().encode('GET /台\r\nHost: a')
  const span = (from: number, to: number): string => {
    const { start, end } = spanOf(text, 'utf8', from, to)
    return textOf(text, 'utf8').slice(start, end)
  }
  expect(span(0, 3)).toBe('GET')
  expect(span(5, 8)).toBe('台')
  expect(span(10, 14)).toBe('Host')
  expect(span(9, 14)).toBe('\nHost')
})

test('bytes are found again in a hex dump', () => {
  const dump = hexRows(Uint8Array.from({ length: 40 }, (_, i) => i))
  const [digits, chars] = [dump.map((row) => row.hex).join('\n'), dump.map((row) => row.text).join('\n')]
  const found = (from: number, to: number): [string, number] => {
    const { hex, text } = hexSpan(from, to)
    return [digits.slice(hex.start, hex.end), chars.slice(text.start, text.end).replace('\n', '').length]
  }
  expect(found(0, 2)).toEqual(['00 01', 2])
  expect(found(7, 9)).toEqual(['07  08', 2])
  expect(found(15, 17)).toEqual(['0f\n10', 2])
  expect(found(33, 34)).toEqual(['21', 1])
})
