// Answers of `/api/stats` and what lies below it.

export interface StatsQuery {
  date?: string
  startTime?: string
  stopTime?: string
  nodeName?: string
  interface?: string
  /** Seconds. */
  interval?: number
}

export interface Loss {
  /** `kernel`, `source`, `disk`, `memory`, `index`. */
  stage: string
  reason: string
  /** `packets`, `documents`, `datagrams`, `holes`. */
  unit: string
  count: number
}

export interface LossSeries {
  stage: string
  reason: string
  unit: string
  total: number
  values: (number | null)[]
}

/** Null where no node was heard of. */
export interface StatsSeries {
  /** Epoch milliseconds. */
  start: number
  stop: number
  /** Seconds of a step. */
  interval: number
  nodes: string[]
  interfaces: string[]
  times: number[]
  /** Per second. */
  rates: Record<string, (number | null)[]>
  gauges: Record<string, (number | null)[]>
  losses: LossSeries[]
}

/** A row of `/api/stats`; names are Arkime's. */
export interface NodeRow {
  nodeName: string
  hostname: string
  /** Epoch seconds. */
  currentTime: number
  /** Seconds. */
  runningTime: number
  retention: number
  monitoring: number
  memory: number
  /** Hundredths of a percent. */
  cpu: number
  freeSpaceM: number
  freeSpaceP: number
  usedSpaceM: number
  totalPackets: number
  deltaPacketsPerSec: number
  deltaBitsPerSec: number
  /** Not heard of for a while. */
  silent: boolean
  losses: Loss[]
}

export interface NodesAnswer {
  data: NodeRow[]
  recordsTotal: number
  recordsFiltered: number
}

export interface LineRow {
  node: string
  interface: string
  worker: number
  state: string
  now: { packetsPerSec: number; bytesPerSec: number; gauges: Record<string, number> } | null
  /** Within the range. */
  totals: Record<string, number>
  losses: Loss[]
}

export interface LinesAnswer {
  lines: LineRow[]
}

export interface LossesAnswer {
  /** Seconds. */
  interval: number
  total: number
  data: { time: number; losses: (Loss & { node: string; interface: string })[] }[]
}
