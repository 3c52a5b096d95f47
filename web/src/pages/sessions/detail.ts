// A session document arranged for reading: groups of fields, both directions side by side, lists of objects as records.

import type { Field, SessionDoc } from '@/api/types'
import type { Catalog } from '@/catalog/catalog'
import { scalars, type Scalar } from '@/catalog/values'

export interface Row {
  /** Expression name without its direction, for the key. */
  key: string
  label: string
  field?: Field
  values: Scalar[]
}

/** One property of both directions. */
export interface PairRow {
  key: string
  label: string
  src?: Row
  dst?: Row
}

export interface Group {
  name: string
  rows: Row[]
  pairs: PairRow[]
  /** Records of a list of objects (certificates, DNS answers, …). */
  records: { rows: Row[] }[]
}

/** Bookkeeping that no reader looks for: packet positions, files by number, the search helper of both ends. */
const HIDDEN = /^(id|packetPos|packetLen|packetRange(\..*)?|fileId|@timestamp|perf(\..*)?|transaction(Cnt)?(\..*)?|source\.geo\.location.*|_.*)$/

interface Leaf {
  path: string
  /** Which record of which list it is in. */
  record: string
  values: Scalar[]
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function leaves(value: unknown, path: string, record: string, out: Leaf[]): void {
  if (Array.isArray(value) && value.some(isObject)) {
    value.forEach((one, i) => leaves(one, path, `${record}/${path}[${i}]`, out))
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) leaves(inner, path ? `${path}.${key}` : key, record, out)
  } else {
    const found = scalars(value)
    if (found.length) out.push({ path, record, values: found })
  }
}

/** `dns.hostCnt` beside `dns.host` says nothing that the values do not. */
function isCount(path: string, paths: ReadonlySet<string>): boolean {
  const base = /^(.*?)(?:Cnt|-cnt)$/.exec(path)?.[1]
  return base !== undefined && (paths.has(base) || [...paths].some((one) => one.startsWith(`${base}.`)))
}

function directionOf(exp: string): { base: string; side: 'src' | 'dst' } | null {
  const found = /^(.*)\.(src|dst)$/.exec(exp) ?? /^(.*?)\.(src|dst)(\..*)$/.exec(exp)
  if (found) return { base: `${found[1] ?? ''}${found[3] ?? ''}`, side: found[2] as 'src' | 'dst' }
  const ecs = /^(source|destination)\.(.*)$/.exec(exp)
  return ecs ? { base: ecs[2] ?? '', side: ecs[1] === 'source' ? 'src' : 'dst' } : null
}

/** `Src IP` → `IP`, `Retransmissions Dst` → `Retransmissions`, `源端重传` → `重传`. */
export function withoutSide(label: string): string {
  const bare = label.replace(/\b(Src|Dst|Source|Destination)\b\s*|(源端|目的端)(?!口)\s*|^(源|目的)(?!地址)\s*/g, '').trim()
  return bare ? bare[0]?.toUpperCase() + bare.slice(1) : label
}

export function arrange(doc: SessionDoc, catalog: Catalog): Group[] {
  const found: Leaf[] = []
  leaves(doc, '', '', found)
  const paths = new Set(found.map((leaf) => leaf.path))
  const order = new Map(catalog.fields.map((field, i) => [field.exp, i]))
  const groups = new Map<string, Group & { byRecord: Map<string, Row[]> }>()
  for (const leaf of found) {
    if (HIDDEN.test(leaf.path) || isCount(leaf.path, paths)) continue
    const field = catalog.byPath.get(leaf.path)
    const name = field?.group ?? (leaf.path.includes('.') && groups.has(leaf.path.split('.')[0] ?? '') ? (leaf.path.split('.')[0] ?? '') : 'other')
    let group = groups.get(name)
    if (!group) groups.set(name, (group = { name, rows: [], pairs: [], records: [], byRecord: new Map() }))
    const row: Row = { key: field?.exp ?? leaf.path, label: field?.friendlyName ?? leaf.path, field, values: leaf.values }
    if (leaf.record) {
      const rows = group.byRecord.get(leaf.record)
      if (rows) rows.push(row)
      else group.byRecord.set(leaf.record, [row])
      continue
    }
    const direction = field && directionOf(field.exp)
    if (!direction) {
      group.rows.push(row)
      continue
    }
    let pair = group.pairs.find((one) => one.key === direction.base)
    if (!pair) group.pairs.push((pair = { key: direction.base, label: withoutSide(row.label) }))
    pair[direction.side] = row
  }
  const rank = (row: Row | undefined): number => (row ? (order.get(row.key) ?? Number.MAX_SAFE_INTEGER) : Number.MAX_SAFE_INTEGER)
  return [...groups.values()]
    .map(({ byRecord, ...group }) => ({
      ...group,
      rows: group.rows.sort((a, b) => rank(a) - rank(b)),
      pairs: group.pairs.sort((a, b) => rank(a.src ?? a.dst) - rank(b.src ?? b.dst)),
      records: [...byRecord.values()].map((rows) => ({ rows: rows.sort((a, b) => rank(a) - rank(b)) })),
    }))
    .sort((a, b) => place(a.name) - place(b.name) || a.name.localeCompare(b.name))
}

const place = (name: string): number => (name === 'general' ? 0 : name === 'other' ? 2 : 1)
