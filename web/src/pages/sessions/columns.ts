// Columns of the session table: the composed ones, and any field of the catalogue.

import type { Field } from '@/api/types'
import { isFamily, unitOf, type Catalog } from '@/catalog/catalog'

export type Render = 'time' | 'duration' | 'protocols' | 'source' | 'destination' | 'packets' | 'bytes' | 'databytes' | 'perf' | 'info' | 'field'

export interface Column {
  id: string
  render: Render
  width: number
  /** Document path to sort by; a column without one cannot be sorted. */
  sort?: string
  /** Document paths it reads. */
  paths: string[]
  right?: boolean
  field?: Field
}

/** What the table shows until the user chooses otherwise. */
export const FACTORY: readonly string[] = ['firstPacket', 'length', 'protocols', 'source', 'destination', 'packets', 'bytes', 'perf', 'info']

export const INFO_PATHS = [
  'http.method', 'http.host', 'http.uri', 'http.statuscode', 'dns.queryHost', 'dns.host', 'dns.qt', 'quic.host', 'tls.version', 'cert.subjectCN',
  'email.subject', 'email.src', 'ssh.hassh', 'ssh.version', 'mysql.user', 'postgresql.user', 'dhcp.host', 'dhcp.type', 'icmp.type', 'user', 'transaction', 'tags', 'huntName',
]

const COMPOSED: readonly Column[] = [
  { id: 'firstPacket', render: 'time', width: 184, sort: 'firstPacket', paths: ['firstPacket'] },
  { id: 'lastPacket', render: 'time', width: 184, sort: 'lastPacket', paths: ['lastPacket'] },
  { id: 'length', render: 'duration', width: 72, sort: 'length', paths: ['length', 'firstPacket', 'lastPacket'], right: true },
  { id: 'protocols', render: 'protocols', width: 114, sort: 'protocol', paths: ['protocol', 'ipProtocol'] },
  { id: 'source', render: 'source', width: 170, sort: 'source.ip', paths: ['source.ip', 'source.port', 'source.geo.country_iso_code', 'source.mac'] },
  {
    id: 'destination', render: 'destination', width: 174, sort: 'destination.ip',
    paths: ['destination.ip', 'destination.port', 'destination.geo.country_iso_code', 'destination.mac'],
  },
  { id: 'packets', render: 'packets', width: 70, sort: 'network.packets', paths: ['network.packets', 'source.packets', 'destination.packets'], right: true },
  { id: 'bytes', render: 'bytes', width: 82, sort: 'network.bytes', paths: ['network.bytes', 'source.bytes', 'destination.bytes'], right: true },
  { id: 'databytes', render: 'databytes', width: 82, sort: 'totDataBytes', paths: ['totDataBytes', 'client.bytes', 'server.bytes'], right: true },
  { id: 'perf', render: 'perf', width: 120, paths: ['perf', 'initRTT'] },
  { id: 'info', render: 'info', width: 180, paths: INFO_PATHS },
]

export const COMPOSED_IDS: readonly string[] = COMPOSED.map((column) => column.id)

const byId = new Map(COMPOSED.map((column) => [column.id, column]))

/** The column of an id; undefined for a name that is neither composed nor a field. */
export function columnOf(id: string, catalog: Catalog): Column | undefined {
  const composed = byId.get(id)
  if (composed) return composed
  const field = catalog.find(id)
  if (!field || isFamily(field)) return undefined
  const unit = unitOf(field)
  const number = field.type === 'integer' || field.type === 'float'
  return {
    id, render: 'field', field, sort: field.dbField, paths: [field.dbField], right: number,
    width: unit === 'date' ? 184 : number ? 92 : field.type === 'ip' ? 130 : 160,
  }
}

export function columnsOf(ids: readonly string[], catalog: Catalog): Column[] {
  return ids.map((id) => columnOf(id, catalog)).filter((column) => column !== undefined)
}

/** The `fields` parameter: every path once, in a stable order; `info` are the fields of the info column. */
export function fieldsOf(columns: readonly Column[], info: readonly Field[] = []): string {
  const more = columns.some((column) => column.render === 'info') ? info.map((field) => field.dbField) : []
  return [...new Set(['node', 'rootId', 'firstPacket', 'lastPacket', ...columns.flatMap((column) => column.paths), ...more])].join(',')
}

/** The columns of a CSV export: fields only, for a cell cannot hold an object. */
export function exportFieldsOf(columns: readonly Column[], catalog: Catalog): string {
  return [...new Set(columns.flatMap((column) => column.paths))].filter((path) => catalog.byPath.has(path)).join(',')
}

/** `id` moved so that it stands at `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const out = [...list]
  const [one] = out.splice(from, 1)
  if (one !== undefined) out.splice(Math.max(0, Math.min(out.length, to)), 0, one)
  return out
}
