// What the list of alerts shows, as parameters of the URL, of the server and of the search language.

import type { LocationQuery } from 'vue-router'
import type { Alert, AlertHit, AlertsQuery } from '@/api/alerts'
import { joined, parted } from '@/evidence/lists'
import { quoted } from '@/search/expression'

/** Filters that are lists of values, in the order of their chips. */
export const LISTS = ['category', 'level', 'status', 'type', 'name', 'attacker', 'victim', 'protocol', 'devid'] as const
export type ListKey = (typeof LISTS)[number]

export interface AlertFilter extends Record<ListKey, string[]> {
  active: '' | 'true' | 'false'
}

export const COLUMNS = [
  { key: 'level' }, { key: 'name' }, { key: 'attacker' }, { key: 'victim' }, { key: 'count', right: true }, { key: 'first' }, { key: 'last' }, { key: 'status' },
] as const
export type ColumnKey = (typeof COLUMNS)[number]['key']

const one = (query: LocationQuery, key: string): string => {
  const value = query[key]
  return typeof value === 'string' ? value : ''
}

export function readFilter(query: LocationQuery): AlertFilter {
  const lists = Object.fromEntries(LISTS.map((key) => [key, parted(one(query, key))])) as Record<ListKey, string[]>
  const active = one(query, 'active')
  return { ...lists, active: active === 'true' || active === 'false' ? active : '' }
}

/** Parameters of the URL; null takes one out. */
export function writeFilter(filter: AlertFilter): Record<string, string | null> {
  return { ...Object.fromEntries(LISTS.map((key) => [key, joined(filter[key]) || null])), active: filter.active || null }
}

export const isFiltered = (filter: AlertFilter): boolean => filter.active !== '' || LISTS.some((key) => filter[key].length > 0)

/** With a value of a list added, or taken out where it is in it. */
export function toggled(filter: AlertFilter, key: ListKey, value: string): AlertFilter {
  const list = filter[key]
  return { ...filter, [key]: list.includes(value) ? list.filter((other) => other !== value) : [...list, value] }
}

export const queryOf = (filter: AlertFilter): AlertsQuery => ({
  ...Object.fromEntries(LISTS.flatMap((key) => (filter[key].length ? [[key, joined(filter[key])]] : []))),
  active: filter.active || undefined,
})

/** `field == value`, or `field == [a, b]`. */
function anyOf(field: string, values: readonly (string | number)[]): string {
  return values.length === 1 ? `${field} == ${literal(values[0] ?? '')}` : `${field} == [${values.map((value) => quoted(value)).join(', ')}]`
}

/** A text between slashes alone would be read as a regular expression, a star as a wildcard; in a list both are themselves. */
function literal(value: string | number): string {
  return typeof value === 'string' && (/^\/.*\/$/.test(value) || /[*?]/.test(value)) ? `[${quoted(value)}]` : quoted(value)
}

/** All of them; none has an operator outside of quotes that would need brackets. */
const ended = (terms: readonly string[]): string => terms.join(' && ')

/** The sessions in which rules were hit, as far as the search language can say what the filter says. */
export function termsOf(filter: AlertFilter): string {
  const terms = [anyOf('evidence.category', filter.category.length ? filter.category : ['threat', 'rule'])]
  if (filter.type.length) terms.push(anyOf('evidence.type', filter.type))
  if (filter.name.length) terms.push(anyOf('evidence.name', filter.name))
  if (filter.level.length) terms.push(anyOf('evidence.level', filter.level))
  if (filter.attacker.length) terms.push(anyOf('ip', filter.attacker))
  if (filter.victim.length) terms.push(anyOf('ip', filter.victim))
  return ended(terms)
}

/** The sessions of an alert. Who attacks may be either end of a session. */
export function termOfAlert({ category, type, name, attacker, victim }: Pick<Alert, 'category' | 'type' | 'name' | 'attacker' | 'victim'>): string {
  return ended([
    anyOf('evidence.category', [category]), ...(type ? [anyOf('evidence.type', [type])] : []), ...(name ? [anyOf('evidence.name', [name])] : []), `ip == ${quoted(attacker)}`, ...(victim === attacker ? [] : [`ip == ${quoted(victim)}`]),
  ])
}

/** An address with its port, an IPv6 address in brackets; what has no port (ICMP) stays alone. */
export function endText(ip: string, port: number | null | undefined): string {
  return port ? `${ip.includes(':') ? `[${ip}]` : ip}:${port}` : ip
}

/** Bars of a timeline at most. */
const MAX_BARS = 2000

/** Every bar between the first and the last hit, those without a hit too; times in epoch milliseconds. Far apart hits make wider bars. */
export function bars({ interval, buckets }: { interval: number; buckets: readonly (readonly [number, number])[] }): { times: number[]; values: number[]; interval: number } {
  const starts = buckets.map(([start]) => start)
  let step = Math.max(1, interval)
  const [first, last] = [Math.min(...starts), Math.max(...starts)]
  if (!Number.isFinite(first)) return { times: [], values: [], interval: step }
  step *= Math.max(1, Math.ceil(((last - first) / step + 1) / MAX_BARS))
  // room at both ends: a single bar is no more than a bar
  const from = first - 3 * step
  const n = Math.floor((last - from) / step) + 4
  const values = new Array<number>(n).fill(0)
  for (const [start, hits] of buckets) {
    const i = Math.floor((start - from) / step)
    values[i] = (values[i] ?? 0) + hits
  }
  return { times: values.map((_, i) => (from + i * step) * 1000), values, interval: step }
}

/** Hits in a stretch of time, epoch milliseconds. */
export function inWindow(hits: readonly AlertHit[], window: { start: number; stop: number } | null): readonly AlertHit[] {
  return window ? hits.filter(({ time }) => time >= window.start * 1000 && time < window.stop * 1000) : hits
}

/** A stretch in the URL: `1687074300-1687074600`, epoch seconds. */
export function readWindow(text: unknown): { start: number; stop: number } | null {
  const found = typeof text === 'string' ? /^(\d{1,11})-(\d{1,11})$/.exec(text) : null
  const [start, stop] = [Number(found?.[1]) * 1000, Number(found?.[2]) * 1000]
  return found && start < stop ? { start, stop } : null
}

export const writeWindow = ({ start, stop }: { start: number; stop: number }): string => `${Math.floor(start / 1000)}-${Math.ceil(stop / 1000)}`

