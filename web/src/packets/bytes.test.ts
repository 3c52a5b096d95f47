import { expect, test } from 'vitest'
import { decodeBase64, hexRows, naturalText, readableText, sizeOf } from './bytes'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('hex rows of sixteen', () => {
  const rows = hexRows(bytes('GET / HTTP/1.1\r\nHost'))
  expect(rows).toHaveLength(2)
  expect(rows[0]).toEqual({ offset: '000000', hex: '47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a', text: 'GET / HTTP/1.1..' })
  expect(rows[1]?.offset).toBe('000010')
  expect(rows[1]?.hex).toHaveLength(rows[0]?.hex.length ?? 0)
  expect(rows[1]?.text).toBe('Host')
  expect(hexRows(new Uint8Array())).toEqual([])
})

test('text keeps lines and UTF-8, dots what is neither', () => {
  expect(readableText(bytes('a\r\nb\tc'))).toBe('a\nb\tc')
  expect(readableText(bytes('后台 slow'))).toBe('后台 slow')
  expect(readableText(new Uint8Array([0x41, 0xff, 0x00, 0x42]))).toBe('A··B')
  expect(readableText(new Uint8Array([0xff, ...bytes('台')]))).toBe('·台')
  expect(readableText(new Uint8Array([0xe5, 0x90]))).toBe('··')
})

test('text that would turn the page around is shown as dots', () => {
  expect(readableText(bytes('a\u202eb\u001b[31mc'))).toBe('a·b·[31mc')
})

test('base64', () => expect([...decodeBase64('AP8Q')]).toEqual([0, 255, 16]))

test('natural text keeps lines, one dot a byte', () => {
  expect(naturalText(new Uint8Array([0x41, 0x0d, 0x0a, 0xe5, 0x0d, 0x42]))).toBe('A\n..B')
})

test('size of base64', () => {
  for (const n of [0, 1, 2, 3, 4, 5]) expect(sizeOf(btoa('x'.repeat(n)))).toBe(n)
})
