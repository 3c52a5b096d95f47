// How many chips a cell has room for: one that is cut says nothing, so the rest becomes a number.

/** Padding of a chip, and what stands between two; CSS pixels. */
const PADDING = 12
const GAP = 3
/** Room for `+12`. */
const REST = 26

export type Measure = (text: string) => number

/** How many of the texts fit as chips into `room`, with room for the number of the rest where some do not. At least the first is shown. */
export function fitting(texts: readonly string[], room: number, measure: Measure): number {
  const widths = texts.map((text) => measure(text) + PADDING)
  const all = widths.reduce((sum, width) => sum + width + GAP, -GAP)
  if (all <= room) return texts.length
  let used = 0
  let n = 0
  for (const width of widths) {
    if (used + width + GAP + REST > room) break
    used += width + GAP
    n++
  }
  return Math.max(1, n)
}

const known = new Map<string, number>()
let context: CanvasRenderingContext2D | null | undefined

/** Width of a text in the font of chips; measured once a text. A browser without a canvas gets a guess. */
export function chipWidth(text: string): number {
  const seen = known.get(text)
  if (seen !== undefined) return seen
  if (context === undefined) {
    context = document.createElement('canvas').getContext('2d')
    if (context) context.font = `600 11px ${getComputedStyle(document.body).fontFamily}`
  }
  // before the font is loaded another one is measured: a little more is left for it
  const width = context ? context.measureText(text).width * 1.04 : text.length * 7
  if (known.size > 5_000) known.clear()
  known.set(text, width)
  return width
}
