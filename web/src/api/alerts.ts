// Hits of threat and fingerprint rules, put together: one alert for an attacker, a victim and a rule.

import { json } from './client'
import type { CommonQuery } from './types'

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
  /** Epoch microseconds. */
  first: number
  last: number
  count: number
  active: boolean
  status: string
}

export interface AlertsAnswer {
  data: Alert[]
  recordsTotal: number
  recordsFiltered: number
  /** There were more hits than are looked at. */
  partial?: boolean
}

export const alerts = (query: CommonQuery & { category?: string; start?: number; length?: number; sortField?: string; desc?: boolean }, signal?: AbortSignal): Promise<AlertsAnswer> =>
  json('/api/alerts', { query, signal })
