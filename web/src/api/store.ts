// Answer of `/api/store/health`: how the store of sessions is.

/** A partition, or an index of a cluster. */
export interface StorePart {
  name: string
  sessions: number
  bytes: number
  /** Files, or shards. */
  pieces: number
  /** Last packets, epoch milliseconds. */
  first: number
  last: number
  deleted: number
}

/** A machine of a cluster. */
export interface StoreMember {
  name: string
  roles: string
  diskFree: number
  diskSize: number
  heapPercent: number
  cpuPercent: number
  shards: number
}

export interface StoreHealth {
  /** `embedded`, `opensearch`, `elasticsearch`; null where nothing is known. */
  store: string | null
  place: string
  version: string
  condition: 'good' | 'warning' | 'bad'
  problems: string[]
  sessions: number
  bytes: number
  /** Sessions that are in the log only. */
  pending: number
  logBytes: number
  changed: number
  changeBytes: number
  garbageBytes: number
  writers: string[]
  diskFree: number
  diskSize: number
  parts: StorePart[]
  members: StoreMember[]
  shards: number
  shardsUnassigned: number
}
