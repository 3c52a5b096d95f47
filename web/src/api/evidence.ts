// Packets that prove something, found by the microsecond at which they were captured.

import { json, queryString } from './client'
import type { FrameFields } from './packetTree'

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
