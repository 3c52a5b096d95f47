// A place in the packets of a session as text, for an address that leads there:
//   `12`           packet 12, as the pane counts them (from 1)
//   `12:340+5`     5 bytes of its payload, from byte 340
//   `src:1200+16`  16 bytes of all that a side said, from byte 1200; missing bytes are not counted

import type { Packet, Side, StreamPart } from '@/api/types'
import { sizeOf } from './bytes'

export interface Place {
  /** Number of a packet, from 1; absent in a stream. */
  packet?: number
  /** The side of a stream; absent for a packet. */
  side?: Side
  offset: number
  /** 0: the whole packet. */
  length: number
}

/** What is to be marked in one payload: bytes from `from` up to, not including, `to`. */
export interface Mark {
  from: number
  to: number
}

/** More would mark nothing that an eye can take in. */
const LONGEST = 1 << 20

/** Null for text that names no place. */
export function parsePlace(text: string): Place | null {
  const found = /^(src|dst|[1-9]\d{0,8})(?::(\d{1,12})(?:\+(\d{1,9}))?)?$/.exec(text)
  if (!found) return null
  const [, where = '', offset, length] = found
  const bytes = { offset: Number(offset ?? 0), length: offset === undefined ? 0 : Math.min(LONGEST, Math.max(1, Number(length ?? 1))) }
  if (where === 'src' || where === 'dst') return offset === undefined ? null : { side: where, ...bytes }
  return { packet: Number(where), ...bytes }
}

export function formatPlace(place: Place): string {
  const where = place.packet === undefined ? (place.side ?? '') : String(place.packet)
  return place.length > 0 ? `${where}:${place.offset}+${place.length}` : where
}

/** Offset of each part in what its side said. */
export function offsetsOf(parts: readonly Pick<StreamPart, 'dir' | 'data'>[]): number[] {
  const said: Record<Side, number> = { src: 0, dst: 0 }
  return parts.map((part) => {
    const at = said[part.dir]
    said[part.dir] += sizeOf(part.data)
    return at
  })
}

/** The parts that a place of a stream touches, by their index. */
export function marksInStream(parts: readonly Pick<StreamPart, 'dir' | 'data'>[], place: Place | null): Map<number, Mark> {
  const marks = new Map<number, Mark>()
  if (!place?.side) return marks
  const end = place.offset + Math.max(1, place.length)
  const offsets = offsetsOf(parts)
  parts.forEach((part, i) => {
    const at = offsets[i] ?? 0
    const size = sizeOf(part.data)
    if (part.dir !== place.side || place.offset >= at + size || end <= at) return
    marks.set(i, { from: Math.max(0, place.offset - at), to: Math.min(size, end - at) })
  })
  return marks
}

/** What is marked in the payload of a packet; null for nothing. */
export function markInPacket(packet: Pick<Packet, 'n'>, place: Place | null): Mark | null {
  return place?.packet === packet.n && place.length > 0 ? { from: place.offset, to: place.offset + place.length } : null
}

/** Packets that have to be loaded for a place; 0 where it does not say. */
export const neededFor = (place: Place | null): number => place?.packet ?? 0
