// What values can be counted of: a field, a family of fields, or an address together with its port.

import type { Field } from '@/api/types'
import { joined, quoted } from '@/search/expression'
import type { Zone } from '@/search/time'
import type { Catalog } from './catalog'
import type { MenuTarget } from './menu'
import { formatValue, termOf, typed } from './values'

/** Addresses with their port, as the server names them, and the field that a term with one asks. */
const PAIRS: Readonly<Record<string, string>> = { 'ip.dst:port': 'ip.dst', 'ip.src:port': 'ip.src' }

export interface Subject {
  /** What the server is asked for. */
  exp: string
  label: string
  field?: Field
}

/** By either name: Arkime's links use paths (`destination.ip`), people use names (`ip.dst`). */
export function subjectOf(name: string, catalog: Catalog): Subject {
  const pair = PAIRS[name]
  if (pair) return { exp: name, label: `${catalog.find(pair)?.friendlyName ?? pair}:port` }
  const field = catalog.find(name)
  return field ? { exp: field.exp, label: field.friendlyName, field } : { exp: name, label: name }
}

/** The pairs as a picker of fields offers them. */
export function pairsOf(catalog: Catalog): { exp: string; friendlyName: string }[] {
  return Object.keys(PAIRS).filter((name) => catalog.byExp.has(PAIRS[name] ?? '')).map((exp) => ({ exp, friendlyName: subjectOf(exp, catalog).label }))
}

/** The term that finds sessions with this value. */
export function subjectTerm(subject: Subject, value: string): string {
  const pair = PAIRS[subject.exp]
  if (pair) return `${pair} == ${quoted(value)}`
  return subject.field ? termOf(subject.field, typed(subject.field, value)) : `${subject.exp} == ${quoted(value)}`
}

/** The value in its unit. */
export function subjectText(subject: Subject, value: string, zone: Zone): string {
  return formatValue(subject.field, typed(subject.field, value), zone)
}

/** The sessions that have a value of each: of one, its own menu; of several, their terms joined. */
export function targetOf(subjects: readonly Subject[], values: readonly string[], zone: Zone): MenuTarget {
  const [first] = subjects
  const [value] = values
  if (values.length === 1 && first?.field && value !== undefined && !first.field.regex) {
    return { field: first.field, value: typed(first.field, value), shown: subjectText(first, value, zone) }
  }
  const terms = values.flatMap((one, i) => (subjects[i] ? [subjectTerm(subjects[i], one)] : []))
  return { term: terms.reduce((all, one) => joined(all, '&&', one), ''), shown: values.join(' › ') }
}
