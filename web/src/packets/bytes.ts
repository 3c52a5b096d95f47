// Payload bytes as hex rows and as readable text.

export function decodeBase64(text: string): Uint8Array {
  const binary = atob(text)
  const out = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i)
  return out
}

export interface HexRow {
  offset: string
  hex: string
  text: string
}

const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')

/** Rows of 16 bytes as hexdump -C prints them, without the bars. */
export function hexRows(bytes: Uint8Array, base = 0): HexRow[] {
  const rows: HexRow[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16)
    let hex = ''
    let text = ''
    for (let i = 0; i < 16; i++) {
      const byte = row[i]
      hex += byte === undefined ? '  ' : byte.toString(16).padStart(2, '0')
      if (i < 15) hex += i === 7 ? '  ' : ' '
      if (byte !== undefined) text += printable(byte)
    }
    rows.push({ offset: (base + at).toString(16).padStart(6, '0'), hex, text })
  }
  return rows
}

/** UTF-8 where it is, a dot for each byte that is no text; line ends are kept. */
export function readableText(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    return visible(decoder.decode(bytes))
  } catch {
    let out = ''
    for (let i = 0; i < bytes.length; ) {
      const length = sequenceLength(bytes, i)
      if (length > 1) out += new TextDecoder().decode(bytes.subarray(i, i + length))
      else out += String.fromCharCode((bytes[i] ?? 0) < 0x80 ? (bytes[i] ?? 0) : 0)
      i += length
    }
    return visible(out)
  }
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1
  if (length === 1 || first >= 0xf5 || at + length > bytes.length) return 1
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(at, at + length))
    return length
  } catch {
    return 1
  }
}

/** Text without what is no text. */
export function visible(text: string): string {
  // Control characters, and those that turn the direction of text: a packet must not rewrite what the page says.
  // eslint-disable-next-line no-control-regex
  return text.replaceAll('\r\n', '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/g, '·')
}

/** As a terminal of old would show it: printable ASCII and line ends, a dot for every other byte. */
export function naturalText(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte === 0x0d && bytes[i + 1] === 0x0a) continue
    out += byte === 0x0a || byte === 0x09 || (byte >= 0x20 && byte < 0x7f) ? String.fromCharCode(byte) : '.'
  }
  return out
}

/** Bytes behind a base64 text, without decoding it. */
export function sizeOf(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return Math.max(0, Math.floor((base64.length * 3) / 4) - padding)
}
