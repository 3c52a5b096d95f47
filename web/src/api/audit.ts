// The history: who asked what, when.

import { json } from './client'
import type { Rows } from './lists'
import type { CommonQuery } from './types'

export interface HistoryRow {
  id: string
  /** Epoch milliseconds. */
  timestamp: number
  userId: string | null
  method: string
  /** Path below `/api/`. */
  api: string
  uri?: string
  /** As it came, still percent-encoded. */
  query?: string
  expression?: string
  view?: string | null
  /** Seconds. */
  range?: number | null
  /** Epoch seconds. */
  startTime?: number | null
  stopTime?: number | null
  recordsReturned?: number | null
  recordsFiltered?: number | null
  recordsTotal?: number | null
  status?: number
  /** Milliseconds. */
  queryTime?: number
  forcedExpression?: string
}

export interface HistoryQuery extends CommonQuery {
  start: number
  length: number
  sortField: string
  desc: boolean
  searchTerm?: string
  /** Parts of the user's id and of the path. */
  userId?: string
  api?: string
  /** What is no query, too: log-ins, changes, looks. */
  audit?: boolean
}

export const histories = (query: HistoryQuery, signal?: AbortSignal): Promise<Rows<HistoryRow>> => json('/api/histories', { query, signal })

export const removeHistory = (id: string): Promise<unknown> => json(`/api/history/${encodeURIComponent(id)}`, { method: 'DELETE' })
