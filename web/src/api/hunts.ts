// Hunts: searches in packets, as jobs.

import { json } from './client'
import type { Sharing } from './saved'
import type { Side } from './types'

const part = encodeURIComponent

export type HuntStatus = 'queued' | 'running' | 'paused' | 'finished'
export const SEARCH_TYPES = ['ascii', 'asciicase', 'hex', 'regex', 'hexregex'] as const
export type SearchType = (typeof SEARCH_TYPES)[number]

/** The sessions that a hunt looks into; epoch seconds. */
export interface HuntQuery {
  expression?: string
  startTime: string | number
  stopTime: string | number
  view?: string
}

export interface NewHunt extends Sharing {
  name: string
  description?: string
  search: string
  searchType: SearchType
  type: 'raw' | 'reassembled'
  /** Packets of each session that are looked at. */
  size: number
  src: boolean
  dst: boolean
  query: HuntQuery
  totalSessions: number
  notifier?: string
}

export interface Hunt extends NewHunt {
  id: string
  userId: string
  status: HuntStatus
  /** Epoch seconds. */
  created: number
  started?: number
  lastUpdated?: number
  matchedSessions: number
  searchedSessions: number
  /** What it was to read when it was made. */
  totalPackets?: number
  totalBytes?: number
  /** While it runs. */
  secondsLeft?: number
  searchedPackets?: number
  searchedBytes?: number
  /** Packets that were to be read and are gone. */
  missingPackets?: number
  /** Of the last part that was searched. */
  bytesPerSecond?: number
  error?: string | null
  failedSessionIds?: string[]
}

export interface HuntMatch {
  side: Side
  /** Number of the packet, from 1; absent in a reassembled stream. */
  packet?: number | null
  offset: number
  length: number
  /** What stands around the match, one character a byte. */
  context: string
}

export interface HuntResult {
  session: string
  matches: HuntMatch[]
}

export interface HuntsAnswer {
  data: Hunt[]
  recordsTotal: number
  recordsFiltered: number
  runningJob?: Hunt
}

export const hunts = (query: { searchTerm?: string; history?: boolean; length?: number; sortField?: string; desc?: boolean }, signal?: AbortSignal): Promise<HuntsAnswer> =>
  json('/api/hunts', { query, signal })

export const createHunt = (hunt: NewHunt): Promise<{ success: boolean; hunt: Hunt }> => json('/api/hunt', { method: 'POST', body: hunt })

/** What a hunt would read, before it is made. */
export interface HuntEstimate {
  sessions: number
  packets: number
  bytes: number
  files: number
  /** False: packets, bytes and files are at most so many. */
  exact: boolean
  /** How fast the last hunt was, and how long this one would take; absent where none has shown it. */
  bytesPerSecond?: number
  seconds?: number
  /** Sessions that this user may search at once. */
  limit?: number
}

export const estimateHunt = (query: HuntQuery, size: number, cancelId: string, signal?: AbortSignal): Promise<HuntEstimate> =>
  json('/api/hunt/estimate', { method: 'POST', body: { query, size, cancelId }, signal })

export const steerHunt = (id: string, how: 'pause' | 'play' | 'cancel' | 'removefromsessions'): Promise<unknown> => json(`/api/hunt/${part(id)}/${how}`, { method: 'PUT' })

export const removeHunt = (id: string): Promise<unknown> => json(`/api/hunt/${part(id)}`, { method: 'DELETE' })

export const huntResults = async (id: string, signal?: AbortSignal): Promise<HuntResult[]> => (await json<{ data: HuntResult[] }>(`/api/hunt/${part(id)}/results`, { signal })).data
