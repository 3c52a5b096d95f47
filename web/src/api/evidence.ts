// Packets that prove something, found by the microsecond at which they were captured.

import { json, queryString } from './client'
import type { Owned } from './objects'
import type { FrameFields } from './packetTree'
import type { Sharing } from './saved'

/** A packet as Liuying's API writes it: 15 keys, in this order. */
export interface RawEvidence {
  devid?: number
  time_sec?: number
  time_usec?: number
  caplen?: number
  pktlen?: number
  smac?: string
  dmac?: string
  sip?: string
  sport?: number
  dip?: string
  dport?: number
  protocol?: string
  payload?: string
  pkthdr?: string
  packet?: string
}

export interface HttpMessage {
  kind: 'request' | 'response'
  line: string
  method?: string
  uri?: string
  version?: string
  status?: number
  reason?: string
  headers: [name: string, value: string][]
  /** Of the query string and of a form, percent-decoded. */
  params: [name: string, value: string][]
  /** Base64. */
  body: string
}

export interface EvidencePacket {
  devid: number
  /** Epoch microseconds. */
  time: number
  caplen: number
  pktlen: number
  /** Link type of the capture. */
  link: number
  smac?: string
  dmac?: string
  sip?: string
  sport?: number
  dip?: string
  dport?: number
  protocol?: string
  /** Base64. */
  payload: string
  /** Where the payload begins in the frame; null in a packet that is not IP. */
  payloadAt: number | null
  /** Base64. */
  frame: string
  info?: string
  /** The evidence, or the packet store where the evidence has none. */
  source: 'evidence' | 'packets'
  /** Every field of the frame. */
  tree?: Omit<FrameFields, 'frame'> & { link: string }
  http?: HttpMessage
}

/** `time` in epoch microseconds; `ip` and `port` name one end. */
export interface EvidenceKey {
  time: number
  devid?: number
  ip?: string
  port?: number
}

export const evidencePackets = (key: EvidenceKey, signal?: AbortSignal): Promise<{ packets: EvidencePacket[]; reason?: string }> =>
  json('/api/evidence/packets', { query: key, signal })

export const rawEvidence = ({ time, devid }: EvidenceKey, signal?: AbortSignal): Promise<RawEvidence[]> =>
  json('/api/evidence', { query: { time, devid }, signal })

/** All packets of the microsecond as a pcap. */
export const evidenceUrl = ({ time, devid }: EvidenceKey): string => `/api/evidence${queryString({ time, devid, download: true })}`

/** A rule in force. */
export interface LoadedRule {
  id: string
  category: string
  type: string
  name: string
  version?: string
  vendor?: string
  os?: string
  protocol?: string
  port?: number
  part?: string
  desc?: string
  regex?: string
  /** Since the process that captures began; absent where none does. */
  hits?: number
}

/** A rule, or a file of rules, that cannot be used. */
export interface RefusedRule {
  file: string
  rule?: string | null
  /** The rule is not in force; otherwise only a part of what it says is not. */
  leftOut?: boolean
  reason: string
}

/** A rule in the search language. */
export interface SessionRule {
  name: string
  type: string
  level: string
  when: string
  keep?: string
  hits?: number
}

export interface RulesAnswer {
  /** `default` for the rules that come with the program, a folder, or null where none are used. */
  source: string | null
  /** Absent where none are used. */
  match?: 'packet' | 'stream'
  level: number
  devid?: number
  importDevid?: number
  /** This process captures: it can read the rules again. */
  captures: boolean
  /** Epoch milliseconds. */
  loadedAt?: number
  loaded: LoadedRule[]
  refused: RefusedRule[]
  session: SessionRule[]
}

export const rules = (signal?: AbortSignal): Promise<RulesAnswer> => json('/api/evidence/rules', { signal })

export const reloadRules = (): Promise<{ success: boolean; text: string }> => json('/api/evidence/rules/reload', { method: 'POST' })

/** Who is told of which alerts. Empty lists: any; empty categories: threats and own rules. */
export interface AlertNotice extends Owned {
  id: string
  name: string
  enabled: boolean
  description?: string
  categories?: string[]
  types?: string[]
  names?: string[]
  levels?: string[]
  expression?: string
  /** Ids of notifiers. */
  notifier?: string[]
  /** Seconds between two messages at least. */
  quiet?: number
  /** Hits found so far, and messages sent and failed. */
  count?: number
  sent?: number
  failed?: number
  /** Epoch seconds. */
  lastNotified?: number
  lastError?: string | null
  error?: string | null
  /** It stands in the configuration: it cannot be changed here. */
  fromConfig?: boolean
}

export type NoticeBody = Pick<AlertNotice, 'name' | 'enabled' | 'description' | 'categories' | 'types' | 'names' | 'levels' | 'expression' | 'notifier' | 'quiet'> & Sharing

export const alertNotices = (): Promise<AlertNotice[]> => json('/api/alertnotices')
export const createAlertNotice = (one: NoticeBody): Promise<unknown> => json('/api/alertnotice', { method: 'POST', body: one })
export const changeAlertNotice = (id: string, one: NoticeBody): Promise<unknown> => json(`/api/alertnotice/${encodeURIComponent(id)}`, { method: 'PUT', body: one })
export const removeAlertNotice = (id: string): Promise<unknown> => json(`/api/alertnotice/${encodeURIComponent(id)}`, { method: 'DELETE' })
