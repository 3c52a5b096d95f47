// The time range of a search: `date=N` (last N hours, -1 = all) or a start and a stop text.

import type { Bounding, CommonQuery } from '@/api/types'
import { formatTime, isRelative, parseTime, type Zone } from './time'

export type Range = { date: string } | { startTime: string; stopTime: string }

export const BOUNDINGS: readonly Bounding[] = ['last', 'first', 'both', 'either', 'database']

/** Hours, as in Arkime; the key of the label is `range.preset.<hours>`. */
export const PRESETS = ['1', '6', '12', '24', '48', '72', '168', '336', '720', '1440', '4380', '8760', '-1'] as const

/** Named ranges in relative form: they keep their meaning tomorrow. */
export const NAMED: readonly { key: string; startTime: string; stopTime: string }[] = [
  { key: 'last15m', startTime: '-15m', stopTime: 'now' },
  { key: 'today', startTime: '@d', stopTime: 'now' },
  { key: 'yesterday', startTime: '-1d@d', stopTime: '@d' },
  { key: 'lastNight', startTime: '-6h@d', stopTime: '+8h@d' },
  { key: 'thisWeek', startTime: '@w1', stopTime: 'now' },
  { key: 'lastWeek', startTime: '-1w@w1', stopTime: '@w1' },
]

export interface Instants {
  start: number
  stop: number
}

export function isAll(range: Range): boolean {
  return 'date' in range && range.date === '-1'
}

export function isValid(range: Range, now: number, zone: Zone): boolean {
  if ('date' in range) return /^(-1|\d+(\.\d+)?)$/.test(range.date)
  const at = resolve(range, now, zone)
  return at !== null && at.start <= at.stop
}

/** The two instants; null for all time and for texts that are no times. */
export function resolve(range: Range, now: number, zone: Zone): Instants | null {
  if ('date' in range) {
    if (range.date === '-1') return null
    const hours = Number(range.date)
    return Number.isFinite(hours) ? { start: now - hours * 3_600_000, stop: now } : null
  }
  const start = parseTime(range.startTime, now, zone)
  const stop = parseTime(range.stopTime, now, zone)
  return start === null || stop === null ? null : { start, stop }
}

const seconds = (ms: number): string => String(Math.round(ms) / 1000)

export function fromInstants(at: Instants): Range {
  return { startTime: seconds(at.start), stopTime: seconds(at.stop) }
}

export function toQuery(range: Range, now: number, zone: Zone): Pick<CommonQuery, 'date' | 'startTime' | 'stopTime'> {
  if ('date' in range) return { date: range.date }
  const at = resolve(range, now, zone)
  return at ? { startTime: seconds(at.start), stopTime: seconds(at.stop) } : { startTime: range.startTime, stopTime: range.stopTime }
}

/** One window earlier (-1) or later (+1). */
export function stepped(at: Instants, direction: -1 | 1): Range {
  const span = at.stop - at.start
  return fromInstants({ start: at.start + direction * span, stop: at.stop + direction * span })
}

/** The same middle, `factor` times the span. */
export function widened(at: Instants, factor: number): Range {
  const middle = (at.start + at.stop) / 2
  const half = Math.max(500, ((at.stop - at.start) * factor) / 2)
  return fromInstants({ start: Math.max(0, middle - half), stop: middle + half })
}

/** How an end of the range reads in the text box: relative texts stay, seconds become a date. */
export function editable(text: string, now: number, zone: Zone): string {
  if (isRelative(text)) return text
  const at = parseTime(text, now, zone)
  return at === null ? text : formatTime(at, zone, at % 1000 !== 0)
}

export function sameRange(a: Range, b: Range): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
