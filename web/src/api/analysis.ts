// Answers that look at many sessions at once: SPI view, fields within fields, connections. `summary.ts` has what a range is made of.

import { json, queryString, text } from './client'
import type { CommonQuery } from './types'

export interface KeyCount {
  key: string
  doc_count: number
}

export interface SpiField {
  buckets: KeyCount[]
  /** Documents with values that are not listed. */
  sum_other_doc_count: number
}

export interface SpiAnswer {
  spi: Record<string, SpiField>
  /** Sessions of each protocol. */
  protocols: Record<string, number>
  recordsTotal: number
  recordsFiltered: number
  error?: string
}

/** `spi`: `field:count,…`. */
export const spiView = (query: CommonQuery & { spi?: string; cancelId?: string }, signal?: AbortSignal): Promise<SpiAnswer> =>
  json('/api/spiview', { query, signal })

export interface HierarchyNode {
  name: string
  size: number
  srcips?: number
  dstips?: number
  children?: HierarchyNode[]
}

export interface HierarchyAnswer {
  success: boolean
  hierarchicalResults: { name: string; children?: HierarchyNode[] }
  tableResults: { name: string; size: number; parents: { name: string; size: number }[] }[]
  recordsTotal?: number
  recordsFiltered?: number
}

/** `exp`: `a,b`, the outermost field first. */
export const spiHierarchy = (query: CommonQuery & { exp: string; size: number; cancelId?: string }, signal?: AbortSignal): Promise<HierarchyAnswer> =>
  json('/api/spigraphhierarchy', { query, signal })

/** Sums of numbers and lists of texts for the `fields` that were asked for. */
interface Held {
  [path: string]: unknown
}

export interface ConnectionNode extends Held {
  id: string
  /** Links it has. */
  cnt: number
  sessions: number
  /** 1 source, 2 destination, 3 both. */
  type: 1 | 2 | 3
  /** 1 in the range, 2 in the baseline, 3 in both. */
  inresult: 1 | 2 | 3
}

export interface ConnectionLink extends Held {
  /** Places in `nodes`. */
  source: number
  target: number
  /** Sessions. */
  value: number
}

export interface ConnectionsQuery extends CommonQuery {
  srcField: string
  dstField: string
  minConn?: number
  /** Sessions to look at. */
  length?: number
  fields?: string
  /** `1x`: the range before as long as this one; or hours. */
  baselineDate?: string
  baselineVis?: string
  cancelId?: string
}

export interface ConnectionsAnswer {
  nodes: ConnectionNode[]
  links: ConnectionLink[]
  recordsTotal: number
  recordsFiltered: number
  /** What was left out. */
  text?: string
  error?: string
}

export const connections = (query: ConnectionsQuery, signal?: AbortSignal): Promise<ConnectionsAnswer> => json('/api/connections', { query, signal })

export const connectionsCsvUrl = (query: ConnectionsQuery): string => `/api/connections.csv${queryString(query)}`

/** All values of a field with their counts, as a file. */
export const uniqueUrl = (query: CommonQuery & { exp: string }): string => `/api/unique${queryString({ ...query, counts: 1 })}`

/** A layout of the SPI view: `fields` is `path:count,…`. */
export interface SpiLayout {
  name: string
  fields: string
}

const LAYOUTS = '/api/user/layouts/spiview'
export const spiLayouts = (signal?: AbortSignal, userId?: string): Promise<SpiLayout[]> => json(LAYOUTS, { signal, query: { userId } })
export const addSpiLayout = (layout: SpiLayout): Promise<string> => text(LAYOUTS, { method: 'POST', body: layout })
export const changeSpiLayout = (layout: SpiLayout): Promise<string> => text(`${LAYOUTS}/${encodeURIComponent(layout.name)}`, { method: 'PUT', body: layout })
export const removeSpiLayout = (name: string): Promise<string> => text(`${LAYOUTS}/${encodeURIComponent(name)}`, { method: 'DELETE' })
