// What charts are made of: values with a size, and trees of them.

import { formatBytes, formatCount } from '@/design/numbers'
import type { Metric } from '@/search/urlState'

/** One value of a field in a chart. */
export interface Mark {
  /** The value as the search language takes it. */
  name: string
  size: number
  /** How it is shown, where that is not its name. */
  label?: string
}

/** A value with the values of the next field within it. */
export interface Tree extends Mark {
  children?: Tree[]
}

/** The way to a mark: the values of each field, the outermost first. */
export type Way = readonly string[]

const SERIES = 8

/** The colour of the n-th series. */
export function seriesColour(n: number): string {
  return n >= 0 && n < SERIES ? `var(--series-${n + 1})` : 'var(--series-other)'
}

export function metricText(metric: Metric, n: number): string {
  return metric === 'bytes' || metric === 'databytes' ? formatBytes(n) : formatCount(n)
}

/** `12.3 %`; small shares keep a digit, none is shown as 0 that is not. */
export function shareText(part: number, whole: number): string {
  if (!(whole > 0) || !Number.isFinite(part)) return ''
  const percent = (part / whole) * 100
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  return `${percent.toFixed(percent >= 99.95 || percent === 0 ? 0 : 1)} %`
}

/** Packet text in a chart: control characters and what turns the direction of a line become dots. */
export function plainText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, '·')
}

export const labelOf = (mark: Mark): string => plainText(mark.label ?? mark.name) || '∅'

/** As many characters as fit into a width, with an ellipsis; empty where not even three would stand. */
export function fitted(text: string, width: number, perChar = 6.6): string {
  const room = Math.floor(width / perChar)
  if (text.length <= room) return text
  return room < 4 ? '' : `${text.slice(0, room - 1)}…`
}

/**
 * A tree whose inner values are never smaller than what they hold: a session with several values of the inner field counts for each of
 * them, so that the parts may be more than the whole.
 */
export function rounded(tree: Tree): Tree {
  const children = tree.children?.map(rounded)
  const inner = children?.reduce((sum, one) => sum + one.size, 0) ?? 0
  return { ...tree, size: Math.max(tree.size, inner), children }
}
