// Everything a search is, as query parameters of the page and back. Defaults are left out of the URL.

import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import type { Bounding } from '@/api/types'
import { BOUNDINGS, type Range } from './range'

export interface SortKey {
  field: string
  desc: boolean
}

export type Metric = 'sessions' | 'packets' | 'bytes' | 'databytes'
export const METRICS: readonly Metric[] = ['sessions', 'packets', 'bytes', 'databytes']

export type Pane = 'fields' | 'transactions' | 'packets'
const PANES: readonly Pane[] = ['fields', 'transactions', 'packets']

export interface SearchState {
  expression: string
  range: Range
  bounding: Bounding
  sort: SortKey[]
  /** Ids of columns; null = the user's default set. */
  columns: string[] | null
  /** Ids of the sessions that are open below their row. */
  open: string[]
  /** What the open sessions show. */
  pane: Pane
  /** The first row in view. */
  start: number
  metric: Metric
}

export const DEFAULT_RANGE: Range = { date: '1' }
export const DEFAULT_SORT: SortKey[] = [{ field: 'firstPacket', desc: true }]

function one(query: LocationQuery, key: string): string | undefined {
  const value = query[key]
  const first = Array.isArray(value) ? value[0] : value
  return first === null || first === undefined || first === '' ? undefined : first
}

function list(query: LocationQuery, key: string): string[] {
  return (one(query, key) ?? '').split(',').filter(Boolean)
}

export function parseSort(text: string | undefined): SortKey[] {
  const keys = (text ?? '').split(',').filter(Boolean).map((part) => {
    const [field = '', direction] = part.split(':')
    return { field, desc: direction === 'desc' }
  })
  return keys.length ? keys : DEFAULT_SORT
}

export function formatSort(sort: SortKey[]): string {
  return sort.map(({ field, desc }) => `${field}:${desc ? 'desc' : 'asc'}`).join(',')
}

export function readState(query: LocationQuery): SearchState {
  const startTime = one(query, 'startTime')
  const stopTime = one(query, 'stopTime')
  const bounding = one(query, 'bounding') as Bounding | undefined
  const metric = one(query, 'graphType') as Metric | undefined
  const pane = one(query, 'pane') as Pane | undefined
  const columns = list(query, 'cols')
  return {
    expression: one(query, 'expression') ?? '',
    range: startTime && stopTime ? { startTime, stopTime } : { date: one(query, 'date') ?? '1' },
    bounding: bounding && BOUNDINGS.includes(bounding) ? bounding : 'last',
    sort: parseSort(one(query, 'order')),
    columns: columns.length ? columns : null,
    open: list(query, 'open'),
    pane: pane && PANES.includes(pane) ? pane : 'fields',
    start: Math.max(0, Math.floor(Number(one(query, 'start') ?? 0)) || 0),
    metric: metric && METRICS.includes(metric) ? metric : 'sessions',
  }
}

export function writeState(state: SearchState): LocationQueryRaw {
  const query: LocationQueryRaw = {}
  if (state.expression) query.expression = state.expression
  if ('date' in state.range) {
    if (state.range.date !== '1') query.date = state.range.date
  } else {
    query.startTime = state.range.startTime
    query.stopTime = state.range.stopTime
  }
  if (state.bounding !== 'last') query.bounding = state.bounding
  const order = formatSort(state.sort)
  if (order !== formatSort(DEFAULT_SORT)) query.order = order
  if (state.columns) query.cols = state.columns.join(',')
  if (state.open.length) query.open = state.open.join(',')
  if (state.pane !== 'fields') query.pane = state.pane
  if (state.start > 0) query.start = String(state.start)
  if (state.metric !== 'sessions') query.graphType = state.metric
  return query
}
