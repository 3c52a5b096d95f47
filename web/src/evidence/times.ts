// Moments to the microsecond: the key under which evidence is kept.

import { formatTime, parseTime, type Zone } from '@/search/time'

/** `2023/06/18 15:46:04.968817` */
export function formatMicros(micros: number, zone: Zone): string {
  const seconds = Math.floor(micros / 1e6)
  return `${formatTime(seconds * 1000, zone)}.${String(Math.floor(micros - seconds * 1e6)).padStart(6, '0')}`
}

/** The latest moment that a packet record can name (unsigned 32 bits of seconds). */
const MOST = 2 ** 32 * 1e6

/**
 * Epoch microseconds of what somebody pastes: microseconds, milliseconds, nanoseconds or seconds (with a fraction) since 1970, told apart by their
 * digits, or a date as everywhere else in the viewer, with up to six decimals. Null where it is no such moment.
 */
export function parseMicros(text: string, now: number, zone: Zone): number | null {
  const trimmed = text.trim()
  const number = /^(\d+)(?:\.(\d{1,9}))?$/.exec(trimmed)
  if (number) {
    const [, whole = '', fraction = ''] = number
    if (fraction && whole.length > 10) return null
    const scale = whole.length <= 10 ? 1_000_000n : whole.length <= 13 ? 1_000n : 1n
    const micros = whole.length > 17 ? BigInt(whole) / 1_000n : BigInt(whole) * scale + BigInt(fraction.padEnd(6, '0').slice(0, 6))
    return micros < BigInt(MOST) ? Number(micros) : null
  }
  // a date is read to milliseconds; the rest of its fraction is put behind
  const fraction = /^(.*:\d{2})\.(\d{1,9})(.*)$/.exec(trimmed)
  const whole = parseTime(fraction ? `${fraction[1] ?? ''}${fraction[3] ?? ''}` : trimmed, now, zone)
  if (whole === null || whole < 0) return null
  const micros = Math.floor(whole / 1000) * 1e6 + (fraction ? Number((fraction[2] ?? '').padEnd(6, '0').slice(0, 6)) : (whole % 1000) * 1000)
  return micros < MOST ? micros : null
}
