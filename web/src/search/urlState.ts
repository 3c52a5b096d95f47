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

export type Pane = 'fields' | 'perf' | 'packets'
export const PANES: readonly Pane[] = ['fields', 'perf', 'packets']

/** How the packet pane shows payload: the reassembled conversation or packet by packet; as text or as bytes. */
export type PacketView = 'stream' | 'packets'
export const PACKET_VIEWS: readonly PacketView[] = ['stream', 'packets']
export type Base = 'utf8' | 'natural' | 'latin1' | 'gb18030' | 'big5' | 'shiftjis' | 'utf16' | 'ebcdic' | 'hex'
export const BASES: readonly Base[] = ['utf8', 'natural', 'latin1', 'gb18030', 'big5', 'shiftjis', 'utf16', 'ebcdic', 'hex']

export interface SearchState {
  expression: string
  range: Range
  bounding: Bounding
  sort: SortKey[]
  /** Ids of columns; null = the set the viewer comes with. */
  columns: string[] | null
  /** Id or name of the view that narrows the search; empty = none. */
  viewId: string
  /** Ids of the sessions that were picked in the list, for looking at one after the other and for actions on all of them. */
  picked: string[]
  /** Id of the session that is open beside the list; empty = none. */
  open: string
  /** What the open session shows. */
  pane: Pane
  view: PacketView
  base: Base
  /** A packet, or bytes in it or in a stream, that the packet pane goes to; see `packets/place.ts`. Empty = none. */
  at: string
  /** The first row in view. */
  start: number
  metric: Metric
}

/** More do not fit into an address. */
export const MAX_PICKED = 100

export const DEFAULT_RANGE: Range = { date: '1' }
export const DEFAULT_SORT: SortKey[] = [{ field: 'firstPacket', desc: true }]

/** The parameters that hold a search. All others of a URL belong to the page that put them there. */
export const SEARCH_KEYS: readonly string[] = [
  'expression', 'date', 'startTime', 'stopTime', 'bounding', 'viewId', 'picked', 'order', 'cols', 'open', 'pane', 'view', 'base', 'at', 'start', 'graphType',
]

/** What the page itself keeps in its URL. */
export function ownOf(query: LocationQuery): LocationQueryRaw {
  return Object.fromEntries(Object.entries(query).filter(([key]) => !SEARCH_KEYS.includes(key)))
}

function one(query: LocationQuery, key: string): string | undefined {
  const value = query[key]
  const first = Array.isArray(value) ? value[0] : value
  return first === null || first === undefined || first === '' ? undefined : first
}

function list(query: LocationQuery, key: string): string[] {
  return (one(query, key) ?? '').split(',').filter(Boolean)
}

function known<T extends string>(allowed: readonly T[], text: string | undefined): T | undefined {
  return allowed.find((one) => one === text)
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
  const columns = list(query, 'cols')
  return {
    expression: one(query, 'expression') ?? '',
    range: startTime && stopTime ? { startTime, stopTime } : { date: one(query, 'date') ?? '1' },
    bounding: known(BOUNDINGS, one(query, 'bounding')) ?? 'last',
    sort: parseSort(one(query, 'order')),
    columns: columns.length ? columns : null,
    viewId: one(query, 'viewId') ?? '',
    picked: list(query, 'picked').slice(0, MAX_PICKED),
    open: one(query, 'open') ?? '',
    pane: known(PANES, one(query, 'pane')) ?? 'fields',
    view: known(PACKET_VIEWS, one(query, 'view')) ?? 'stream',
    base: known(BASES, one(query, 'base')) ?? 'utf8',
    at: one(query, 'at') ?? '',
    start: Math.max(0, Math.floor(Number(one(query, 'start') ?? 0)) || 0),
    metric: known(METRICS, one(query, 'graphType')) ?? 'sessions',
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
  if (state.viewId) query.viewId = state.viewId
  if (state.picked.length) query.picked = state.picked.join(',')
  const order = formatSort(state.sort)
  if (order !== formatSort(DEFAULT_SORT)) query.order = order
  if (state.columns) query.cols = state.columns.join(',')
  if (state.open) {
    query.open = state.open
    if (state.pane !== 'fields') query.pane = state.pane
    if (state.view !== 'stream') query.view = state.view
    if (state.base !== 'utf8') query.base = state.base
    if (state.at) query.at = state.at
  }
  if (state.start > 0) query.start = String(state.start)
  if (state.metric !== 'sessions') query.graphType = state.metric
  return query
}
