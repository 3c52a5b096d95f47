// A hunt as the form holds it, what the server makes of it, and how far it is.

import type { Hunt, HuntMatch, HuntQuery, NewHunt, SearchType } from '@/api/hunts'
import { formatPlace } from '@/packets/place'
import { resolve, type Range } from '@/search/range'
import type { Zone } from '@/search/time'
import { sharingForm, sharingOf, type SharingForm } from '@/sharing/sharing'

/** Packets of each session that may be looked at: the choices of the server. */
export const SIZES = [50, 500, 5_000, 10_000] as const
/** From here on the form warns. */
export const MANY = 100_000
/** The last second that a classic pcap can hold: the end of "all time". */
const LAST_SECOND = 4_294_967_295

export interface Draft {
  name: string
  description: string
  search: string
  searchType: SearchType
  type: 'raw' | 'reassembled'
  size: number
  sides: 'both' | 'src' | 'dst'
  notifier: string
  sharing: SharingForm
}

export function emptyDraft(): Draft {
  return { name: '', description: '', search: '', searchType: 'ascii', type: 'raw', size: 50, sides: 'both', notifier: '', sharing: sharingForm() }
}

/** The same hunt once more, to be changed and sent. */
export function draftOf(hunt: Hunt): Draft {
  return {
    name: hunt.name, description: hunt.description ?? '', search: hunt.search, searchType: hunt.searchType, type: hunt.type, size: hunt.size,
    sides: hunt.src && hunt.dst ? 'both' : hunt.src ? 'src' : 'dst', notifier: hunt.notifier ?? '', sharing: sharingForm(hunt),
  }
}

/** What is wrong with the draft, as a key of the texts `hunt.wrong`; empty when it can be sent. */
export function wrongWith(draft: Draft): '' | 'name' | 'search' | 'hex' | 'regex' {
  if (!draft.search.trim()) return 'search'
  if (draft.searchType === 'hex' && !/^([0-9a-f]{2})+$/i.test(draft.search.replace(/\s/g, ''))) return 'hex'
  if (draft.searchType === 'regex' || draft.searchType === 'hexregex') {
    // The server's language is RE2's; what the browser refuses for a bracket or a star is refused there too, except for inline flags.
    try {
      new RegExp(draft.search.replace(/^\(\?[imsU]+\)/, '').replaceAll('(?P<', '(?<'))
    } catch {
      return 'regex'
    }
  }
  return draft.name.trim() ? '' : 'name'
}

/** A hunt needs both ends of its time, in seconds. Null where the range cannot be read. */
export function huntQuery({ expression, range, viewId: view }: { expression: string; range: Range; viewId?: string }, now: number, zone: Zone): HuntQuery | null {
  const all = 'date' in range && range.date === '-1'
  const at = all ? null : resolve(range, now, zone)
  if (!all && !at) return null
  return {
    ...(expression ? { expression } : {}),
    ...(view ? { view } : {}),
    startTime: at ? Math.floor(at.start / 1000) : 0,
    stopTime: at ? Math.ceil(at.stop / 1000) : LAST_SECOND,
  }
}

export function newHunt(draft: Draft, query: HuntQuery, totalSessions: number): NewHunt {
  return {
    name: draft.name.trim(), description: draft.description.trim() || undefined, search: draft.search, searchType: draft.searchType, type: draft.type,
    size: draft.size, src: draft.sides !== 'dst', dst: draft.sides !== 'src', notifier: draft.notifier || undefined, query, totalSessions, ...sharingOf(draft.sharing),
  }
}

/** The time of a hunt as a range of the viewer. */
export function rangeOf(query: HuntQuery): Range {
  return Number(query.startTime) === 0 && Number(query.stopTime) >= LAST_SECOND ? { date: '-1' } : { startTime: String(query.startTime), stopTime: String(query.stopTime) }
}

/** From 0 to 1. */
export function progress(hunt: Pick<Hunt, 'status' | 'searchedSessions' | 'totalSessions'>): number {
  if (hunt.status === 'finished' && hunt.searchedSessions >= hunt.totalSessions) return 1
  return hunt.totalSessions > 0 ? Math.min(1, hunt.searchedSessions / hunt.totalSessions) : 0
}

/** How far a hunt was at a moment of this browser. */
export interface Sample {
  at: number
  searched: number
}

/** Samples older than this say nothing about the speed of now. */
const MEMORY = 60_000

/** The samples with one more; a hunt that began anew begins anew here. */
export function sampled(before: readonly Sample[], now: Sample): Sample[] {
  const last = before.at(-1)
  if (last && now.searched < last.searched) return [now]
  return [...before.filter((one) => now.at - one.at <= MEMORY), now]
}

/** Sessions a second, from the first sample to the last; 0 where it cannot be told yet. */
export function speed(samples: readonly Sample[]): number {
  const first = samples[0]
  const last = samples.at(-1)
  if (!first || !last || last.at - first.at < 500) return 0
  return ((last.searched - first.searched) * 1000) / (last.at - first.at)
}

/** Milliseconds; null where nobody knows. */
export function timeLeft(hunt: Pick<Hunt, 'searchedSessions' | 'totalSessions'>, samples: readonly Sample[]): number | null {
  const rate = speed(samples)
  return rate > 0 ? (Math.max(0, hunt.totalSessions - hunt.searchedSessions) / rate) * 1000 : null
}

/** The match as a place that the packet pane goes to. */
export const placeOf = ({ packet, side, offset, length }: Pick<HuntMatch, 'packet' | 'side' | 'offset' | 'length'>): string =>
  formatPlace({ ...(typeof packet === 'number' ? { packet } : { side }), offset, length })

/** Bytes that the server shows before a match. */
const AROUND = 24

/** The three parts of a context: what stands before the match, the match, what follows. */
export function contextOf(match: Pick<HuntMatch, 'offset' | 'length' | 'context'>): [before: string, found: string, after: string] {
  const from = Math.min(AROUND, match.offset)
  return [match.context.slice(0, from), match.context.slice(from, from + match.length), match.context.slice(from + match.length)]
}

/** The sessions that a hunt has found. */
export const foundBy = (id: string): string => `huntId == "${id}"`
