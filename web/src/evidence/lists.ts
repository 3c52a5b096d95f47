// Lists of texts in one parameter: separated by commas, a comma in a text written `\,`, a backslash before a comma or a backslash `\\`.

const escaped = (text: string): string => text.replace(/\\(?=[\\,]|$)|,/g, (found) => `\\${found}`)

export const joined = (texts: readonly string[]): string => texts.map(escaped).join(',')

export function parted(text: string): string[] {
  const parts: string[] = []
  let part = ''
  for (const [piece] of text.matchAll(/\\[\\,]|[^]/g)) {
    if (piece === ',') {
      parts.push(part)
      part = ''
    } else {
      part += piece.length > 1 ? piece.charAt(1) : piece
    }
  }
  return [...new Set([...parts, part].map((one) => one.trim()).filter(Boolean))]
}
