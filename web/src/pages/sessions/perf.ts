// The performance pane's data: counts of both directions, the handshake, transactions.

import type { SessionDoc, Transaction } from '@/api/types'
import { numberAt, valueAt } from '@/catalog/values'

export interface Counts {
  name: string
  src: number
  dst: number
}

export interface Handshake {
  total: number
  client?: number
  server?: number
}

export interface Kind {
  kind: string
  count?: number
  time?: number
  first?: number
  errors?: number
}

export interface Perf {
  /** Measures of the transport that are not zero, and those that are (to say that all was well). */
  counts: Counts[]
  handshake?: Handshake
  kinds: Kind[]
  transactions: Transaction[]
  /** Transactions beyond those in the list. */
  more: number
}

/** In the order in which they hurt. */
export const TCP_COUNTS = ['retransmissions', 'lost', 'outoforder', 'dupacks', 'zerowindows'] as const

export function perfOf(doc: SessionDoc): Perf {
  const perf = valueAt(doc, 'perf')
  const names = typeof perf === 'object' && perf !== null ? Object.keys(perf) : []
  const counts = TCP_COUNTS.filter((name) => valueAt(doc, `perf.tcp.${name}.src`) !== undefined || valueAt(doc, `perf.tcp.${name}.dst`) !== undefined)
    .map((name) => ({ name, src: numberAt(doc, `perf.tcp.${name}.src`) ?? 0, dst: numberAt(doc, `perf.tcp.${name}.dst`) ?? 0 }))
  const total = numberAt(doc, 'perf.tcp.handshake')
  const kinds = names
    .filter((name) => name !== 'tcp' && numberAt(doc, `perf.${name}.count`) !== undefined)
    .map((kind) => ({
      kind,
      count: numberAt(doc, `perf.${kind}.count`),
      time: numberAt(doc, `perf.${kind}.time`),
      first: numberAt(doc, `perf.${kind}.first`),
      errors: numberAt(doc, `perf.${kind}.errors`),
    }))
  const list = valueAt(doc, 'transaction')
  return {
    counts,
    handshake: total === undefined ? undefined : { total, client: numberAt(doc, 'perf.tcp.handshakeSrc'), server: numberAt(doc, 'perf.tcp.handshakeDst') },
    kinds,
    transactions: Array.isArray(list) ? (list as Transaction[]) : [],
    more: numberAt(doc, 'perf.transactionsMore') ?? 0,
  }
}

export type Order = 'slowest' | 'time'

export function ordered(list: readonly Transaction[], by: Order): Transaction[] {
  return [...list].sort((a, b) => (by === 'time' ? (a.start ?? 0) - (b.start ?? 0) : (b.lastByte ?? b.firstByte ?? 0) - (a.lastByte ?? a.firstByte ?? 0)))
}

/** Widths of a transaction's bar in percent of the slowest: waiting for the first byte, then the transfer. */
export function bar(one: Transaction, slowest: number): { wait: number; transfer: number } {
  const last = one.lastByte ?? one.firstByte ?? 0
  if (slowest <= 0) return { wait: 0, transfer: 0 }
  const wait = Math.min(one.firstByte ?? last, last)
  return { wait: (wait / slowest) * 100, transfer: ((last - wait) / slowest) * 100 }
}
