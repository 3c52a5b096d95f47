// Hits of rules put together: one alert for an attacker, a victim and a rule; assets: what was seen on which address.

import { json, queryString } from './client'
import type { CommonQuery } from './types'

export type AlertLevel = 'extra_high' | 'high' | 'middle' | 'low' | 'extra_low'
export type AlertStatus = 'unprocessed' | 'confirmed' | 'processed'

export interface Alert {
  id: string
  category: string
  type: string
  name: string
  level: string
  attacker: string
  victim: string
  port: number
  protocol: string
  /** As Liuying writes it: `attacker:>victim:port PROTOCOL type name`. */
  obj: string
  rules: string[]
  devices: number[]
  /** Epoch microseconds. */
  first: number
  last: number
  count: number
  /** Slots of five minutes with a hit, and the most hits of one. */
  slots: number
  peak: number
  /** Minutes. */
  duration: number
  /** The last hit is less than 70 minutes old. */
  active: boolean
  status: string
  comment: string
  changedBy?: string
  /** Epoch milliseconds. */
  changedAt?: number
}

export interface Facet {
  item: string
  count: number
}

interface Table<T, F extends string> {
  data: T[]
  recordsTotal: number
  recordsFiltered: number
  /** There were more hits than are looked at. */
  partial?: boolean
  facets?: Partial<Record<F, Facet[]>>
}

export type AlertsAnswer = Table<Alert, 'attackers' | 'victims' | 'types' | 'names' | 'levels' | 'statuses'>

/** Lists are separated by commas. */
export interface AlertsQuery extends CommonQuery {
  category?: string
  attacker?: string
  victim?: string
  type?: string
  name?: string
  level?: string
  status?: string
  active?: string
  protocol?: string
  devid?: string
  start?: number
  length?: number
  sortField?: string
  desc?: boolean
  cancelId?: string
}

/** One hit of a rule: the packet that shows it is found by `time` and `devid`, and by the end that sent it. */
export interface AlertHit {
  /** Epoch microseconds. */
  time: number
  devid: number
  session: string
  node: string
  rule: string
  version: string
  side: 'src' | 'dst'
  src: string
  srcPort: number
  dst: string
  dstPort: number
  protocol: string
  packets: number
  bytes: number
  /** Bytes of the payload that matched. */
  start: number | null
  end: number | null
  /** The packet was kept as evidence. */
  packet: boolean
}

export interface AlertDetail {
  alert: Alert
  /** Epoch seconds. */
  timeline: { interval: number; buckets: [start: number, hits: number][] }
  hits: AlertHit[]
  total: number
}

export interface Asset {
  ip: string
  category: string
  type: string
  name: string
  version: string
  vendor: string
  port: number | null
  protocol: string
  rules: string[]
  /** Epoch microseconds. */
  first: number
  last: number
  count: number
  /** Key of the latest packet that shows it. */
  time: number
  devid: number
  session: string
}

export type AssetsAnswer = Table<Asset, 'ips' | 'categories' | 'types' | 'names'>

export interface AssetsQuery extends CommonQuery {
  ip?: string
  category?: string
  type?: string
  name?: string
  start?: number
  length?: number
  sortField?: string
  desc?: boolean
  cancelId?: string
}

export const alerts = (query: AlertsQuery, signal?: AbortSignal): Promise<AlertsAnswer> => json('/api/alerts', { query, signal })

/** Every row that the filters leave, as a file. */
export const alertsUrl = (format: 'csv' | 'json', query: AlertsQuery): string => `/api/alerts.${format}${queryString(query)}`

export const alert = (id: string, query: CommonQuery & { limit?: number }, signal?: AbortSignal): Promise<AlertDetail> =>
  json(`/api/alert/${encodeURIComponent(id)}`, { query, signal })

/** Without `comment` the one that is there stays. */
export const setAlertStatus = (change: CommonQuery & { ids: readonly string[]; status: AlertStatus; comment?: string }): Promise<{ success: boolean; text: string; changed: number }> =>
  json('/api/alerts/status', { method: 'POST', body: change })

export const assets = (query: AssetsQuery, signal?: AbortSignal): Promise<AssetsAnswer> => json('/api/assets', { query, signal })

export const assetsUrl = (format: 'csv' | 'json', query: AssetsQuery): string => `/api/assets.${format}${queryString(query)}`
