// Payload bytes as text in the encodings that are met on the wire. Line ends are kept, what is no text becomes a dot.

import type { Base } from '@/search/urlState'
import { naturalText, readableText, visible } from './bytes'

/** The bases that are text, in the order of the choice. */
export const ENCODINGS = ['utf8', 'natural', 'latin1', 'gb18030', 'big5', 'shiftjis', 'utf16', 'ebcdic'] as const satisfies readonly Base[]
export type Encoding = (typeof ENCODINGS)[number]

/** Encodings that the browser reads itself, by their label in the Encoding Standard; GB 18030 holds all of GBK and GB 2312. */
const STANDARD: Partial<Record<Encoding, string>> = { gb18030: 'gb18030', big5: 'big5', shiftjis: 'shift_jis', utf16: 'utf-16le' }

/** EBCDIC, IBM code page 037, from byte 0x40 on. */
const CP037 =
  ' \u00a0âäàáãåçñ¢.<(+|&éêëèíîïìß!$*);¬-/ÂÄÀÁÃÅÇÑ¦,%_>?øÉÊËÈÍÎÏÌ`:#@\'="Øabcdefghi«»ðýþ±°jklmnopqrªºæ¸Æ¤µ~stuvwxyz¡¿ÐÝÞ®^£¥·©§¶¼½¾[]¯¨´×{ABCDEFGHI\u00adôöòóõ}JKLMNOPQR¹ûüùúÿ\\÷STUVWXYZ²ÔÖÒÓÕ0123456789³ÛÜÙÚ\u009f'
/** Below it only tabs and line ends mean something to a reader: HT, CR, NEL and LF. */
const EBCDIC_CONTROLS: Readonly<Record<number, string>> = { 0x05: '\t', 0x0d: '\r', 0x15: '\n', 0x25: '\n' }

function ebcdic(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += byte < 0x40 ? (EBCDIC_CONTROLS[byte] ?? '\0') : (CP037[byte - 0x40] ?? '\0')
  return out
}

/** ISO 8859-1 itself; what browsers call latin1 is Windows-1252. */
export function latin1(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += String.fromCharCode(byte)
  return out
}

export function textOf(bytes: Uint8Array, encoding: Encoding): string {
  const label = STANDARD[encoding]
  if (label) return visible(new TextDecoder(label).decode(bytes))
  if (encoding === 'natural') return naturalText(bytes)
  if (encoding === 'latin1') return visible(latin1(bytes))
  if (encoding === 'ebcdic') return visible(ebcdic(bytes))
  return readableText(bytes)
}

/** Where bytes stand in the text of all of them. */
export function spanOf(bytes: Uint8Array, encoding: Encoding, from: number, to: number): { start: number; end: number } {
  const before = (at: number): number => {
    // a line end of two bytes is one character, which belongs to its second byte
    const inLineEnd = bytes[at - 1] === 0x0d && bytes[at] === 0x0a && encoding !== 'ebcdic' && encoding !== 'utf16'
    return textOf(bytes.subarray(0, inLineEnd ? at - 1 : at), encoding).length
  }
  const start = before(from)
  return { start, end: Math.max(start + 1, before(to)) }
}

/** Where bytes stand in the joined rows of a hex dump: among the digits and among the characters. */
export function hexSpan(from: number, to: number): { hex: { start: number; end: number }; text: { start: number; end: number } } {
  // a row: 16 times two digits, 15 spaces and one more in the middle, and the line end
  const digits = (at: number): number => Math.floor(at / 16) * 49 + (at % 16) * 3 + (at % 16 >= 8 ? 1 : 0)
  const chars = (at: number): number => Math.floor(at / 16) * 17 + (at % 16)
  const last = Math.max(from, to - 1)
  return { hex: { start: digits(from), end: digits(last) + 2 }, text: { start: chars(from), end: chars(last) + 1 } }
}
