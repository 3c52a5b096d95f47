// What was slow or broken in a session, as short marks for the table. The one place of the viewer that knows names under `perf`.

import { numberAt } from '@/catalog/values'
import { formatShort } from '@/design/numbers'
import { formatDuration } from '@/search/time'

export type MarkKind = 'retransmissions' | 'lost' | 'zeroWindows' | 'errors' | 'http' | 'sql' | 'dns' | 'handshake'

export interface Mark {
  kind: MarkKind
  text: string
  tone: 'calm' | 'warn' | 'bad'
  /** Finds sessions at least as bad. */
  term: string
}

/** Times from which a transaction of this kind is called slow, and very slow; microseconds. */
const SLOW: Record<'http' | 'sql' | 'dns', readonly [number, number]> = { http: [500_000, 2_000_000], sql: [100_000, 1_000_000], dns: [100_000, 1_000_000] }
const SLOW_HANDSHAKE = [200_000, 1_000_000] as const

const tone = (value: number, [slow, bad]: readonly [number, number]): Mark['tone'] => (value >= bad ? 'bad' : value >= slow ? 'warn' : 'calm')

/** The worst first. */
export function marksOf(doc: unknown): Mark[] {
  const marks: Mark[] = []
  const tcp = (name: string, kind: MarkKind, many: number): void => {
    const [src, dst] = [numberAt(doc, `perf.tcp.${name}.src`) ?? 0, numberAt(doc, `perf.tcp.${name}.dst`) ?? 0]
    const worse = dst >= src ? 'dst' : 'src'
    if (src + dst > 0) {
      marks.push({ kind, text: formatShort(src + dst), tone: src + dst >= many ? 'bad' : 'warn', term: `perf.tcp.${name}.${worse} >= ${Math.max(src, dst)}` })
    }
  }
  for (const kind of ['sql', 'http', 'dns'] as const) {
    const time = numberAt(doc, `perf.${kind}.time`)
    if (time !== undefined && time > 0) {
      marks.push({ kind, text: formatDuration(time / 1000), tone: tone(time, SLOW[kind]), term: `perf.${kind}.time >= ${time}` })
    }
  }
  tcp('retransmissions', 'retransmissions', 10)
  tcp('lost', 'lost', 5)
  tcp('zerowindows', 'zeroWindows', 3)
  let errors = 0
  let failing = ''
  for (const kind of ['sql', 'http', 'dns']) {
    const n = numberAt(doc, `perf.${kind}.errors`) ?? 0
    if (n > 0) failing ||= `perf.${kind}.errors >= ${n}`
    errors += n
  }
  if (errors > 0) marks.push({ kind: 'errors', text: formatShort(errors), tone: 'warn', term: failing })
  const handshake = numberAt(doc, 'perf.tcp.handshake')
  if (handshake !== undefined && handshake >= SLOW_HANDSHAKE[0]) {
    marks.push({ kind: 'handshake', text: formatDuration(handshake / 1000), tone: tone(handshake, SLOW_HANDSHAKE), term: `perf.tcp.handshake >= ${handshake}` })
  }
  const weight = { bad: 0, warn: 1, calm: 2 }
  return marks.sort((a, b) => weight[a.tone] - weight[b.tone])
}
