// Bytes and texts in which what a rule matched stands out.

export type Kind = 'head' | 'body' | 'hit'

/** Characters of one kind that follow each other. */
export interface Run {
  kind: Kind
  text: string
}

export interface HexLine {
  offset: string
  hex: Run[]
  text: Run[]
}

export interface Span {
  start: number
  end: number
}

const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')

function put(runs: Run[], kind: Kind, text: string): void {
  const last = runs.at(-1)
  if (last?.kind === kind) last.text += text
  else runs.push({ kind, text })
}

/**
 * Rows of 16 bytes as `hexdump -C` has them. `body`: where the payload begins (before it are headers); `hit`: the bytes that matched.
 * Spaces between two bytes that matched belong to the match.
 */
export function hexLines(bytes: Uint8Array, body: number, hit: Span | null): HexLine[] {
  const kindAt = (at: number): Kind => (hit && at >= hit.start && at < hit.end ? 'hit' : at < body ? 'head' : 'body')
  const lines: HexLine[] = []
  for (let from = 0; from < bytes.length; from += 16) {
    const line: HexLine = { offset: from.toString(16).padStart(6, '0'), hex: [], text: [] }
    const to = Math.min(from + 16, bytes.length)
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? 0
      const kind = kindAt(at)
      put(line.hex, kind, byte.toString(16).padStart(2, '0'))
      put(line.text, kind, printable(byte))
      if (at + 1 < to) {
        const next = kindAt(at + 1)
        put(line.hex, next === kind ? kind : 'body', at - from === 7 ? '  ' : ' ')
      }
    }
    lines.push(line)
  }
  return lines
}

/** Bytes of a payload that matched, as far as they are in it; null where they are not. */
export function within(hit: { start: number | null; end: number | null } | null | undefined, length: number): Span | null {
  if (!hit || hit.start === null || hit.end === null) return null
  const start = Math.max(0, hit.start)
  const end = Math.min(length, hit.end)
  return start < end ? { start, end } : null
}

/** A text in three parts: before, the first place of one of the needles, after. */
export function parted(text: string, needles: readonly string[]): [before: string, hit: string, after: string] {
  for (const needle of needles) {
    const at = needle ? text.toLowerCase().indexOf(needle.toLowerCase()) : -1
    if (at >= 0) return [text.slice(0, at), text.slice(at, at + needle.length), text.slice(at + needle.length)]
  }
  return [text, '', '']
}

/** What matched, also as it stands in a decoded query string. Empty ones and those of one character say nothing. */
export function needlesOf(matched: string): string[] {
  const all = [matched]
  try {
    all.push(decodeURIComponent(matched.replaceAll('+', ' ')))
  } catch {
    // a percent sign that begins no byte
  }
  return [...new Set(all)].filter((one) => one.trim().length > 1)
}
