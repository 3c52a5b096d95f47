// What is done with many sessions at once: tags, pins, deletion. Each needs to know which ones, by ids or by a search.

import { json, queryString, text } from './client'
import type { CommonQuery, Segments } from './types'

export type Which = ({ ids: string } | CommonQuery) & { segments?: Segments }

export interface Done {
  success: boolean
  text?: string
  /** How many were changed. */
  sessions?: number
}

const post = (path: string, body: object): Promise<Done> => json(path, { method: 'POST', body })

export const addTags = (which: Which, tags: string): Promise<Done> => post('/api/sessions/addtags', { ...which, tags })

export const removeTags = (which: Which, tags: string): Promise<Done> => post('/api/sessions/removetags', { ...which, tags })

/** `until`: when the pin ends, as the server reads times; empty = never. */
export const pin = (which: Which, name: string, until: string): Promise<Done> =>
  post('/api/sessions/pin', { ...which, ...(name ? { name } : {}), ...(until ? { until } : {}) })

export const unpin = (name: string): Promise<Done> => post('/api/sessions/unpin', { name })

export interface Pin {
  name: string
  expression: string
  /** Epoch milliseconds; null for good. */
  until: number | null
  made: number
  sessions: number
  packets: number
  bytes: number
  /** Packets that were gone already. */
  missing?: number
}

export const pins = async (signal?: AbortSignal): Promise<Pin[]> => (await json<{ data: Pin[] }>('/api/pins', { query: { length: 1000 }, signal })).data

export const removeSessions = (which: Which, what: { removeSpi?: boolean; removePcap?: boolean }): Promise<Done> => post('/api/delete', { ...which, ...what })

/** Address of the values of one field, or of the combinations of several, as text lines. */
export const uniqueUrl = (which: Which, exp: readonly string[], options: { counts?: boolean; sort?: 'field'; sep?: string } = {}): string =>
  `/api/${exp.length > 1 ? 'multiunique' : 'unique'}${queryString({ ...which, exp: exp.join(','), counts: options.counts ? 1 : undefined, sort: exp.length > 1 ? options.sort : undefined, sep: exp.length > 1 ? options.sep : undefined })}`

/** An entry of a menu that the configuration adds: Arkime's value and field actions. */
export interface LinkAction {
  name: string
  url?: string
  /** Only on fields of these; without either on all. */
  fields?: string[] | string
  category?: string[] | string
  /** Only on values like this. */
  regex?: string
  all?: boolean
}

export const valueActions = (): Promise<Record<string, LinkAction>> => json('/api/valueactions')
export const fieldActions = (): Promise<Record<string, LinkAction>> => json('/api/fieldactions')

/** The name that belongs to an address, as the server's resolver knows it; Arkime answers plain text. */
export const reverseDns = (ip: string, signal?: AbortSignal): Promise<string> => text('/api/reversedns', { query: { ip }, signal })
