// The command palette: everything one may want to go to or do, found by a few letters.

export type Kind = 'page' | 'action' | 'view' | 'recent' | 'hunt' | 'field'

export interface Command {
  id: string
  kind: Kind
  label: string
  /** A second line, smaller. */
  hint?: string
  /** Keys that do the same. */
  keys?: string
  mono?: boolean
  run: () => void
}

/** Shown before anything is typed, and of each kind at most so many. */
const MOST: Record<Kind, number> = { page: 30, action: 20, view: 12, recent: 8, hunt: 3, field: 12 }
const ORDER: readonly Kind[] = ['page', 'action', 'view', 'recent', 'hunt', 'field']

/** In longer names nearly any letters stand in order. */
const LONG = 20

/**
 * How well `text` answers `word`: at its start, at the start of a word, anywhere, or letter by letter in order. 0 where it does not.
 */
export function score(text: string, word: string): number {
  const at = text.indexOf(word)
  if (at === 0) return 100 - Math.min(40, text.length - word.length)
  if (at > 0) return /[\s._:-]/.test(text[at - 1] ?? '') ? 55 : 35
  if (text.length > LONG) return 0
  let from = 0
  for (const letter of word) {
    from = text.indexOf(letter, from) + 1
    if (from === 0) return 0
  }
  return word.length > 1 ? 8 : 0
}

function scoreOf(command: Command, words: readonly string[]): number {
  const label = command.label.toLowerCase()
  const hint = (command.hint ?? '').toLowerCase()
  let sum = 0
  for (const word of words) {
    // letters in order are looked for in short names only: in a help text nearly everything would be found
    const inHint = hint.includes(word) ? 20 : 0
    const best = Math.max(command.kind === 'recent' || command.kind === 'field' ? (label.includes(word) ? score(label, word) : 0) : score(label, word), inHint)
    if (!best) return 0
    sum += best
  }
  return sum
}

/** The commands that answer what was typed, the best first within each kind; without a word all but the fields. */
export function found(commands: readonly Command[], typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const rated = commands.flatMap((command) => {
    if (!words.length) return command.kind === 'field' ? [] : [{ command, rate: 1 }]
    const rate = scoreOf(command, words)
    return rate ? [{ command, rate }] : []
  })
  const kinds = ORDER.map((kind) => rated.filter((one) => one.command.kind === kind).sort((a, b) => b.rate - a.rate).slice(0, MOST[kind])).filter((list) => list.length)
  if (words.length) kinds.sort((a, b) => (b[0]?.rate ?? 0) - (a[0]?.rate ?? 0))
  return kinds.flatMap((list) => list.map((one) => one.command))
}
