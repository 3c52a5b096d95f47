// Finding text in what the pane shows, without touching the page: ranges for the CSS Custom Highlight API.

/** Matches kept; more help nobody and would make the page slow. */
export const MAX_MATCHES = 2000

export interface Span {
  start: number
  end: number
}

/** Case-insensitive; with `acrossLines` a match may go over line ends, as in the text column of a hex dump. */
export function matchesIn(text: string, wanted: string, acrossLines: boolean, limit = MAX_MATCHES): Span[] {
  if (!wanted) return []
  let hay = text
  let at: number[] | null = null
  if (acrossLines) {
    const kept: string[] = []
    at = []
    for (let i = 0; i < text.length; i++) {
      if (text[i] === '\n') continue
      kept.push(text[i] ?? '')
      at.push(i)
    }
    hay = kept.join('')
  }
  const out: Span[] = []
  const low = lower(hay)
  const needle = lower(wanted)
  for (let from = low.indexOf(needle); from >= 0 && out.length < limit; from = low.indexOf(needle, from + needle.length)) {
    const to = from + needle.length
    out.push(at ? { start: at[from] ?? 0, end: (at[to - 1] ?? 0) + 1 } : { start: from, end: to })
  }
  return out
}

/** Lower case of the same length, so that offsets stay true (`İ` would become two characters). */
function lower(text: string): string {
  const low = text.toLowerCase()
  return low.length === text.length ? low : text.replace(/[A-Z]/g, (char) => char.toLowerCase())
}

interface Highlights {
  set: (name: string, highlight: unknown) => void
  delete: (name: string) => void
}
type HighlightClass = new (...ranges: Range[]) => unknown

function support(): { registry: Highlights; Highlight: HighlightClass } | null {
  const registry = (CSS as unknown as { highlights?: Highlights }).highlights
  const Highlight = (globalThis as unknown as { Highlight?: HighlightClass }).Highlight
  return registry && Highlight ? { registry, Highlight } : null
}

/** Ranges of all matches in the `pre[data-find]` elements of the pane, top to bottom. */
export function findRanges(pane: HTMLElement, wanted: string): Range[] {
  const out: Range[] = []
  for (const pre of pane.querySelectorAll<HTMLElement>('pre[data-find]')) {
    const node = pre.firstChild
    if (!(node instanceof Text) || out.length >= MAX_MATCHES) continue
    for (const { start, end } of matchesIn(node.data, wanted, pre.dataset.find === 'wrap', MAX_MATCHES - out.length)) {
      const range = document.createRange()
      range.setStart(node, start)
      range.setEnd(node, end)
      out.push(range)
    }
  }
  return out
}

/** Ranges of what the address of the page points at: `pre[data-placed="start,end"]`, top to bottom. */
export function placedRanges(pane: HTMLElement): Range[] {
  const out: Range[] = []
  for (const pre of pane.querySelectorAll<HTMLElement>('pre[data-placed]')) {
    const [start = 0, end = 0] = (pre.dataset.placed ?? '').split(',').map(Number)
    const node = pre.firstChild
    if (!(node instanceof Text) || !(start < node.length)) continue
    const range = document.createRange()
    range.setStart(node, start)
    range.setEnd(node, Math.max(start, Math.min(end, node.length)))
    out.push(range)
  }
  return out
}

export function paintPlaced(ranges: readonly Range[]): void {
  const api = support()
  if (ranges.length) api?.registry.set('placed', new api.Highlight(...ranges))
  else api?.registry.delete('placed')
}

export function paintRanges(ranges: readonly Range[], current: number): void {
  const api = support()
  if (!api) return
  const here = ranges[current]
  api.registry.set('found', new api.Highlight(...ranges))
  if (here) api.registry.set('found-here', new api.Highlight(here))
  else api.registry.delete('found-here')
}

export function clearRanges(): void {
  const api = support()
  api?.registry.delete('found')
  api?.registry.delete('found-here')
}

