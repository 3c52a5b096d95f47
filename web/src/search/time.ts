// Time texts as Arkime and Splunk write them (`-1h`, `-2d@d`, `@w1`, epoch seconds, `2026/11/22 21:00:00`, ISO 8601)
// and instants as text again, both in the time zone the user chose.

/** `local` (the browser's), `UTC`, or an IANA name. */
export type Zone = string

export interface Wall {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

const formats = new Map<Zone, Intl.DateTimeFormat>()

function format(zone: Zone): Intl.DateTimeFormat {
  let found = formats.get(zone)
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone === 'local' ? undefined : zone,
      hourCycle: 'h23',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    })
    formats.set(zone, found)
  }
  return found
}

export function wallOf(ms: number, zone: Zone): Wall {
  const wall: Record<string, number> = {}
  for (const part of format(zone).formatToParts(ms)) wall[part.type] = Number(part.value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = wall
  return { year, month, day, hour, minute, second }
}

/** The instant at which a clock in `zone` shows `wall`. In the hour that a clock change skips, the later reading. */
export function instantOf(wall: Wall, zone: Zone): number {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second)
  const offset = (at: number): number => {
    const seen = wallOf(at, zone)
    return Date.UTC(seen.year, seen.month - 1, seen.day, seen.hour, seen.minute, seen.second) - Math.floor(at / 1000) * 1000
  }
  const first = asUtc - offset(asUtc)
  return asUtc - offset(first)
}

type Unit = 's' | 'm' | 'h' | 'd' | 'w' | 'mon' | 'q' | 'y'

const UNITS: Record<string, Unit> = {}
for (const [unit, names] of Object.entries({
  s: 's sec secs second seconds', m: 'm min mins minute minutes', h: 'h hr hrs hour hours', d: 'd day days',
  w: 'w week weeks', mon: 'mon mons month months', q: 'q qtr qtrs quarter quarters', y: 'y yr yrs year years',
})) {
  for (const name of names.split(' ')) UNITS[name] = unit as Unit
}

function snap(wall: Wall, to: string): Wall | null {
  const weekday = /^w([0-6])$/.exec(to)
  const unit = weekday ? 'w' : UNITS[to]
  if (!unit) return null
  const midnight = { ...wall, hour: 0, minute: 0, second: 0 }
  switch (unit) {
    case 's': return wall
    case 'm': return { ...wall, second: 0 }
    case 'h': return { ...wall, minute: 0, second: 0 }
    case 'd': return midnight
    case 'w': {
      const today = new Date(Date.UTC(wall.year, wall.month - 1, wall.day)).getUTCDay()
      const back = (today - Number(weekday?.[1] ?? 0) + 7) % 7
      return { ...midnight, day: wall.day - back }
    }
    case 'mon': return { ...midnight, day: 1 }
    case 'q': return { ...midnight, day: 1, month: wall.month - ((wall.month - 1) % 3) }
    case 'y': return { ...midnight, day: 1, month: 1 }
  }
}

function moved(wall: Wall, unit: Unit, by: number): Wall {
  switch (unit) {
    case 's': return { ...wall, second: wall.second + by }
    case 'm': return { ...wall, minute: wall.minute + by }
    case 'h': return { ...wall, hour: wall.hour + by }
    case 'd': return { ...wall, day: wall.day + by }
    case 'w': return { ...wall, day: wall.day + 7 * by }
    case 'mon': return { ...wall, month: wall.month + by }
    case 'q': return { ...wall, month: wall.month + 3 * by }
    case 'y': return { ...wall, year: wall.year + by }
  }
}

function relative(text: string, now: number, zone: Zone): number | null {
  const found = /^(?:([+-])(\d*)([a-z]+))?(?:@([a-z]+[0-6]?))?$/.exec(text)
  if (!found || text === '') return null
  const [, sign, count, name, to] = found
  let at = now
  if (to) {
    const snapped = snap(wallOf(now, zone), to)
    if (!snapped) return null
    at = instantOf(snapped, zone)
  }
  if (!name) return at
  const unit = UNITS[name]
  if (!unit) return null
  const by = (sign === '-' ? -1 : 1) * (count ? Number(count) : 1)
  const fixed = { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h']
  if (fixed) return at + by * fixed
  return instantOf(moved(wallOf(at, zone), unit, by), zone) + (at % 1000)
}

function absolute(text: string, zone: Zone): number | null {
  const found =
    /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(text)
  if (!found) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = found
  const wall = {
    year: Number(year), month: Number(month), day: Number(day), hour: Number(hour), minute: Number(minute), second: Number(second),
  }
  if (wall.month < 1 || wall.month > 12 || wall.day < 1 || wall.day > 31 || wall.hour > 24 || wall.minute > 59 || wall.second > 60) return null
  const millis = Number(fraction.padEnd(3, '0').slice(0, 3))
  if (!offset) return instantOf(wall, zone) + millis
  const away = /^[Zz]$/.test(offset) ? 0 : Number(`${offset[0]}1`) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2)))
  return instantOf(wall, 'UTC') - away * 60_000 + millis
}

/** Epoch milliseconds, or null where the text is no time. */
export function parseTime(text: string, now: number, zone: Zone): number | null {
  const trimmed = text.trim()
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000)
  if (trimmed.toLowerCase() === 'now') return now
  return relative(trimmed.toLowerCase(), now, zone) ?? absolute(trimmed, zone)
}

export function isRelative(text: string): boolean {
  return /^(now|[+-@].*[a-z].*)$/i.test(text.trim())
}

const two = (n: number): string => String(n).padStart(2, '0')

/** `2026/11/22 21:00:00`, the form in which Arkime reads it back; with `.123` if wanted. */
export function formatTime(ms: number, zone: Zone, millis = false): string {
  const wall = wallOf(ms, zone)
  const rest = ((ms % 1000) + 1000) % 1000
  return `${wall.year}/${two(wall.month)}/${two(wall.day)} ${formatClock(wall)}${millis ? `.${String(Math.floor(rest)).padStart(3, '0')}` : ''}`
}

function formatClock(wall: Wall): string {
  return `${two(wall.hour)}:${two(wall.minute)}:${two(wall.second)}`
}

/** `21:00:00.123456` of epoch nanoseconds. */
export function formatNanos(nanos: string, zone: Zone): string {
  const at = BigInt(nanos)
  const ms = Number(at / 1_000_000n)
  return `${formatClock(wallOf(ms, zone))}.${String(at % 1_000_000_000n).padStart(9, '0').slice(0, 6)}`
}

/** A length of time in two units at most: `2d 3h`, `1m 5s`, `12.3ms`, `840µs`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms === 0) return '0s'
  if (ms < 1) return `${Math.round(ms * 1000)}µs`
  if (ms < 10) return `${ms.toFixed(1).replace(/\.0$/, '')}ms`
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1).replace(/\.?0+$/, '')}s`
  const parts: string[] = []
  let rest = Math.round(ms / 1000)
  for (const [size, name] of [[86_400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']] as const) {
    const n = Math.floor(rest / size)
    rest -= n * size
    if (n > 0) parts.push(`${n}${name}`)
    else if (parts.length) break
  }
  return parts.slice(0, 2).join(' ')
}
