import type { SessionDoc, Transaction } from '@/api/types'
import { textAt } from '@/catalog/values'
import type { SlowKind } from './board'

/** What the slowest transaction of a session asked for, and how it ended. */
export function slowest(doc: SessionDoc, kind: SlowKind): { request: string; status: string; failed: boolean } {
  const list = Array.isArray(doc.transaction) ? (doc.transaction as Transaction[]).filter((one) => one?.kind === kind) : []
  const worst = list.reduce<Transaction | undefined>((found, one) => (Number(one.lastByte ?? 0) > Number(found?.lastByte ?? -1) ? one : found), undefined)
  const request = worst?.request ?? textAt(doc, kind === 'dns' ? 'dns.host' : 'http.uri')
  const status = String(worst?.error ?? worst?.status ?? '')
  return { request: String(request).replace(/\s+/g, ' '), status, failed: Boolean(worst?.error) || Number(worst?.status) >= 400 }
}
