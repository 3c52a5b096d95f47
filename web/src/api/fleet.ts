// Answer of `/api/nodes`: the machines of a fleet, seen from the one that serves this page.

export type FleetState = 'pending' | 'alive' | 'silent' | 'skewed' | 'unreachable'

export interface FleetNode {
  name: string
  host: string
  version: string
  roles: string[]
  addresses: string[]
  /** Viewers that it calls by itself, because nobody can call it. */
  dials: string[]
  fingerprint: string
  /** Epoch milliseconds. */
  lastSeen: number
  approved: boolean
  state: FleetState
  /** Whether it serves this page. */
  self: boolean
  /** Its clock minus ours, milliseconds. */
  offset: number | null
  /** Why it could not be reached last. */
  problem: string | null
}

export interface FleetAnswer {
  /** Whether the machine that serves this page is in one. */
  fleet: boolean
  nodes: FleetNode[]
}
