// `/api/sessions/summary` and `/api/spigraph`: what a range of time is made of.

import { json, type Query } from './client'
import type { CommonQuery, Graph } from './types'

export type SummaryMetric = 'sessions' | 'packets' | 'bytes'

/** One value of a field, with what its sessions add up to. */
export interface SummaryItem {
  item: string | number
  sessions: number
  packets: number
  bytes: number
}

export interface SummaryField {
  field: string
  viewMode: string
  metricType: SummaryMetric
  data: SummaryItem[]
}

export interface SummaryTotals {
  /** Epoch milliseconds; null where nothing was found. */
  firstPacket: number | null
  lastPacket: number | null
  sessions: number
  packets: number
  bytes: number
  dataBytes: number
  /** What a pcap of all of it would hold, bytes. */
  downloadBytes: number
  graph: Graph
  map: CountryCounts
}

/** Sessions by country of each end. */
export interface CountryCounts {
  src?: Record<string, number>
  dst?: Record<string, number>
  xffGeo?: Record<string, number>
}

export interface Summary {
  totals: SummaryTotals
  fields: SummaryField[]
}

export interface SummaryQuery extends CommonQuery {
  /** `field;view;metric`, separated by commas. */
  fields?: string
  order?: 'asc' | 'desc'
  length?: number
  interval?: string
  cancelId?: string
}

/** The answer is a list: totals, a field each, and an empty object at its end. */
export async function summary(query: SummaryQuery, signal?: AbortSignal): Promise<Summary> {
  const [totals, ...fields] = await json<[SummaryTotals, ...(SummaryField | Record<string, never>)[]]>('/api/sessions/summary', { query, signal })
  return { totals, fields: fields.filter((one): one is SummaryField => 'field' in one) }
}

/** One value of an SPI graph: its own timeline and map, and the sum of each series of the timeline. */
export interface SpiGraphItem {
  name: string
  count: number
  graph: Graph
  map?: CountryCounts
  sessionsHisto?: number
  'source.packetsHisto'?: number
  'destination.packetsHisto'?: number
  'source.bytesHisto'?: number
  'destination.bytesHisto'?: number
  'client.bytesHisto'?: number
  'server.bytesHisto'?: number
}

export interface SpiGraphAnswer {
  items: SpiGraphItem[]
  graph: Graph
  map?: CountryCounts
  recordsTotal: number
  recordsFiltered: number
  error?: string
}

export interface SpiGraphQuery extends CommonQuery {
  exp: string
  size?: number
  sort?: string
  interval?: string
  cancelId?: string
}

export const spiGraph = (query: SpiGraphQuery, signal?: AbortSignal): Promise<SpiGraphAnswer> => json('/api/spigraph', { query: query as unknown as Query, signal })
