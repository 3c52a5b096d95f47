// Values of documents: reading them by path, showing them, and writing them back as a term of the search language.

import type { Field } from '@/api/types'
import { formatBytes, formatCount } from '@/design/numbers'
import { formatDuration, formatTime, type Zone } from '@/search/time'
import { quoted } from '@/search/expression'
import { unitOf } from './catalog'

export type Scalar = string | number | boolean

type Tree = { [key: string]: unknown }

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a document holds at a dotted path. Reads nested and flattened documents, and a mix of both. */
export function valueAt(doc: unknown, path: string): unknown {
  if (Array.isArray(doc)) {
    const found = doc.map((one) => valueAt(one, path)).filter((one) => one !== undefined)
    return found.length ? found.flat() : undefined
  }
  if (!isTree(doc)) return undefined
  if (Object.hasOwn(doc, path)) return doc[path]
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot)
    if (!Object.hasOwn(doc, head)) continue
    const found = valueAt(doc[head], path.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

/** The plain values at a path; -1 is how the API says that a number is missing. */
export function scalarsAt(doc: unknown, path: string): Scalar[] {
  return scalars(valueAt(doc, path))
}

export function scalars(value: unknown): Scalar[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.flatMap(scalars)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [value] : []
}

export function numberAt(doc: unknown, path: string): number | undefined {
  const value = scalarsAt(doc, path)[0]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

export function textAt(doc: unknown, path: string): string {
  const value = scalarsAt(doc, path)[0]
  return value === undefined ? '' : String(value)
}

/** Names of the IP protocols a reader meets, IANA "Assigned Internet Protocol Numbers". */
const IP_PROTOCOLS: Record<number, string> = {
  0: 'hopopt', 1: 'icmp', 2: 'igmp', 4: 'ipip', 6: 'tcp', 17: 'udp', 33: 'dccp', 41: 'ipv6', 46: 'rsvp', 47: 'gre', 50: 'esp', 51: 'ah',
  58: 'icmp6', 88: 'eigrp', 89: 'ospf', 103: 'pim', 112: 'vrrp', 115: 'l2tp', 132: 'sctp', 136: 'udplite',
}

export function protocolName(number: number): string {
  return IP_PROTOCOLS[number] ?? String(number)
}

/** A value of a list that came as text: numbers become numbers again, so that they are shown in their unit. */
export function typed(field: Field | undefined, value: string): Scalar {
  const number = field?.type === 'integer' || field?.type === 'seconds' || field?.type === 'float'
  return number && value !== '' && Number.isFinite(Number(value)) ? Number(value) : value
}

export function formatValue(field: Field | undefined, value: Scalar, zone: Zone): string {
  if (typeof value !== 'number' || !field) return String(value)
  if (field.exp === 'ip.protocol') return protocolName(value)
  switch (unitOf(field)) {
    case 'us': return formatDuration(value / 1000)
    case 'ms': return formatDuration(value)
    case 'bytes': return formatBytes(value)
    case 'date': return formatTime(value, zone, true)
    case 'none': return isName(field) ? String(value) : formatCount(value)
  }
}

/** Numbers that name something (ports, VLANs, codes) take no thousands separator. */
function isName(field: Field): boolean {
  return !/(^|\.)(packets|cnt|count|segments|rows|retransmissions|outoforder|lost|dupacks|zerowindows|errors|more)(\.(src|dst))?$/.test(field.exp)
}

/** The exact value behind a shortened one, for its tooltip; empty where nothing was shortened. */
export function exactValue(field: Field | undefined, value: Scalar): string {
  if (!field || typeof value !== 'number') return ''
  const unit = unitOf(field)
  if (unit === 'bytes') return `${formatCount(value)} B`
  if (unit === 'us') return `${formatCount(value)} µs`
  if (unit === 'ms') return `${formatCount(value)} ms`
  return ''
}

/** `ip.src == 10.1.2.3`: the term that finds sessions with this value. */
export function termOf(field: Field, value: Scalar, operator: '==' | '!=' = '=='): string {
  if (typeof value === 'number' && unitOf(field) === 'date') return `${field.exp} ${operator} ${Math.floor(value / 1000)}`
  return `${field.exp} ${operator} ${literal(value)}`
}

/** `"/a/"` alone would be read as a regular expression; inside a list it is the text itself. */
function literal(value: Scalar): string {
  return typeof value === 'string' && /^\/.+\/$/.test(value) ? `[${quoted(value)}]` : quoted(value)
}
