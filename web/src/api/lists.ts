// What every list of the server takes and gives; one packet file.

import { json } from './client'

export interface Rows<T> {
  data: T[]
  recordsTotal: number
  recordsFiltered: number
}

export interface TableQuery {
  start: number
  length: number
  sortField: string
  desc: boolean
  filter: string
}

/** Deletes a packet file, and with `sessions` those of which no packet is left. One that is written, read or pinned is refused with the reason. */
export const removeFile = (node: string, num: number, sessions: boolean): Promise<{ success: boolean; text: string; bytes: number; sessions: number; onDisk?: boolean }> =>
  json(`/api/files/${encodeURIComponent(`${node}-${num}`)}`, { method: 'DELETE', query: sessions ? { removeSessions: 'true' } : {} })
