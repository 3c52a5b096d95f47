// What the export dialog asks the server for.

import type { CommonQuery, ExportCheck, ExportFormat, ExportQuery, Segments } from '@/api/types'
import { parseTime, type Zone } from '@/search/time'
import { whichOf, type Choices, type Scope } from './scope'

export interface Choice {
  format: ExportFormat
  scope: Scope
  segments: Segments
  slice: boolean
  from: string
  to: string
  bpf: string
}

export type Problem = 'from' | 'to' | 'order'

export const PACKET_FORMATS: readonly ExportFormat[] = ['pcap', 'pcapng']

/** A pcap file has one link type for all its packets. */
export function needsPcapng(format: ExportFormat, check: ExportCheck | null): boolean {
  const links = check?.links
  return format === 'pcap' && (Array.isArray(links) ? links.length : (links ?? 1)) > 1
}

export const hasPackets = (format: ExportFormat): boolean => PACKET_FORMATS.includes(format)

/** The first end of the slice that is no time, or an end before its start. */
export function problemOf(choice: Choice, now: number, zone: Zone): Problem | null {
  if (!choice.slice || !hasPackets(choice.format)) return null
  const from = parseTime(choice.from, now, zone)
  const to = parseTime(choice.to, now, zone)
  if (from === null) return 'from'
  if (to === null) return 'to'
  return to < from ? 'order' : null
}

/** Seconds with the decimals that were typed: a millisecond more would be another slice. */
function seconds(text: string, now: number, zone: Zone): string {
  const at = parseTime(text, now, zone)
  return at === null ? '' : String(at / 1000)
}

export function exportQuery(choice: Choice, common: CommonQuery, choices: Choices, order: string, fields: string, now: number, zone: Zone): ExportQuery {
  const packets = hasPackets(choice.format)
  const which: ExportQuery = { ...whichOf(choice.scope, choices, common), ...(choice.scope === 'all' ? { order } : {}) }
  return {
    ...which,
    segments: choice.segments === 'no' ? undefined : choice.segments,
    fields: choice.format === 'csv' ? fields : undefined,
    bpf: packets && choice.bpf.trim() ? choice.bpf.trim() : undefined,
    packetStart: packets && choice.slice ? seconds(choice.from, now, zone) : undefined,
    packetStop: packets && choice.slice ? seconds(choice.to, now, zone) : undefined,
  }
}
