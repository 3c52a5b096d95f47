// A small server that answers as API.md says, over made-up documents. For development only.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from 'vite'
import { documents, type Doc } from './documents.ts'
import { FIELDS } from './fields.ts'

const started = Date.now()
const docs = documents(started)
let loggedIn = true

function at(doc: unknown, path: string): unknown[] {
  let now: unknown[] = [doc]
  for (const part of path.split('.')) now = now.flatMap((one) => (Array.isArray(one) ? one : [one])).map((one) => (one as Record<string, unknown> | undefined)?.[part])
  return now.flat(3).filter((one) => one !== undefined && one !== null)
}

interface Term { field: (typeof FIELDS)[number]; op: string; value: string }
class Wrong extends Error {
  readonly span: { start: number; end: number }
  constructor(message: string, start: number, end: number) {
    super(message)
    this.span = { start, end }
  }
}

/** Terms joined by && only: enough to look at pages. */
function parse(expression: string): Term[] {
  const out: Term[] = []
  const pattern = /\s*([\w.-]+)\s*(==|!=|<=|>=|<|>)\s*("(?:\\.|[^"])*"|[^\s&|()]+)\s*(&&|$)/gy
  while (pattern.lastIndex < expression.length) {
    const start = pattern.lastIndex
    const found = pattern.exec(expression)
    if (!found) throw new Wrong('expected a comparison such as `ip.src == 10.1.2.3`', start, expression.length)
    const field = FIELDS.find((one) => one.exp === found[1])
    const from = expression.indexOf(found[1] ?? '', start)
    if (!field) throw new Wrong(`\`${found[1]}\` is no field`, from, from + (found[1]?.length ?? 0))
    out.push({ field, op: found[2] ?? '', value: (found[3] ?? '').replace(/^"|"$/g, '').replaceAll('\\"', '"') })
  }
  return out
}

function matches(doc: Doc, { field, op, value }: Term): boolean {
  const have = field.exp === 'ip' ? [...at(doc, 'source.ip'), ...at(doc, 'destination.ip')] : at(doc, field.dbField)
  if (value === 'EXISTS!') return have.length > 0 === (op === '==')
  const scale = /ms$/.test(value) ? 1000 : /[0-9]s$/.test(value) ? 1e6 : /MB$/.test(value) ? 1e6 : 1
  const wild = new RegExp(`^${value.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)
  const one = (v: unknown): boolean => {
    const n = parseFloat(value) * scale
    if (op === '==' || op === '!=') return typeof v === 'number' ? v === n : wild.test(String(v))
    return op === '>' ? Number(v) > n : op === '<' ? Number(v) < n : op === '>=' ? Number(v) >= n : Number(v) <= n
  }
  return op === '!=' ? !have.some(one) : have.some(one)
}

function select(query: URLSearchParams): Doc[] {
  const terms = parse(query.get('expression') ?? '')
  const date = query.get('date')
  const ids = query.get('ids')?.split(',')
  const start = query.has('startTime') ? Number(query.get('startTime')) * 1000 : date === '-1' ? 0 : Date.now() - Number(date ?? 1) * 3_600_000
  const stop = query.has('stopTime') ? Number(query.get('stopTime')) * 1000 : Infinity
  if (ids) return docs.filter((doc) => ids.includes(doc.id))
  return docs.filter((doc) => Number(doc.lastPacket) >= start && Number(doc.lastPacket) <= stop && terms.every((term) => matches(doc, term)))
}

function graph(list: Doc[], query: URLSearchParams): object {
  const times = list.map((doc) => Number(doc.lastPacket))
  const xmin = query.has('startTime') ? Number(query.get('startTime')) * 1000 : query.get('date') === '-1' ? Math.min(...times) : Date.now() - Number(query.get('date') ?? 1) * 3_600_000
  const xmax = query.has('stopTime') ? Number(query.get('stopTime')) * 1000 : Date.now()
  const interval = xmax - xmin <= 960_000 ? 1 : xmax - xmin <= 7 * 86_400_000 ? 60 : 3600
  const histo = (value: (doc: Doc) => number): [number, number][] => {
    const sums = new Map<number, number>()
    for (const doc of list) {
      const bucket = Math.floor(Number(doc.lastPacket) / interval / 1000) * interval * 1000
      sums.set(bucket, (sums.get(bucket) ?? 0) + value(doc))
    }
    return [...sums].sort((a, b) => a[0] - b[0])
  }
  const sum = (path: string) => (doc: Doc) => Number(at(doc, path)[0] ?? 0)
  const total = (path: string): number => list.reduce((n, doc) => n + sum(path)(doc), 0)
  const out: Record<string, unknown> = { xmin, xmax, interval, sessionsHisto: histo(() => 1), sessionsTotal: list.length, 'network.packetsTotal': total('network.packets'), 'network.bytesTotal': total('network.bytes') }
  for (const path of ['source.packets', 'destination.packets', 'source.bytes', 'destination.bytes', 'client.bytes', 'server.bytes']) out[`${path}Histo`] = histo(sum(path))
  return out
}

function sorted(list: Doc[], order: string): Doc[] {
  const keys = order.split(',').filter(Boolean).map((one) => one.split(':'))
  return [...list].sort((a, b) => {
    for (const [path = '', dir] of keys) {
      const [x, y] = [at(a, path)[0], at(b, path)[0]] as [number, number]
      if (x !== y) return (x === undefined ? 1 : y === undefined ? -1 : x < y ? -1 : 1) * (dir === 'desc' ? -1 : 1)
    }
    return 0
  })
}

function conversation(doc: Doc): { dir: 'src' | 'dst'; text: string }[] {
  const host = String(at(doc, 'http.host')[0] ?? 'shop.example.com')
  return [0, 1, 2].flatMap((i) => [
    { dir: 'src' as const, text: `GET /orders?page=${i} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html\r\nCookie: session=5f2c9a\r\n\r\n` },
    { dir: 'dst' as const, text: `HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: ${40 + i}\r\n\r\n<html><body><h1>订单 / Orders ${i}</h1>${'<p>Lorem ipsum dolor sit amet</p>\n'.repeat(4 + i * 6)}</body></html>` },
  ])
}

function packets(doc: Doc, view: string | null): object {
  const base = BigInt(Number(doc.firstPacket)) * 1_000_000n
  const b64 = (text: string): string => Buffer.from(text).toString('base64')
  const list = conversation(doc).map((one, i) => ({ n: i * 3 + 1, time: String(base + BigInt(i * 12_345_678)), dir: one.dir, len: one.text.length + 54, origLen: one.text.length + 54, data: b64(one.text), frame: b64(`\x00%\x90\xc1D\x02<\xfd\xfe\x9e\x7fq\x08\x00E\x00${one.text}`), info: `${one.dir === 'src' ? 'PSH ACK' : 'ACK'} seq=${i * 1448} win=501` }))
  return { total: 412, ...(view === 'reassembled' ? { stream: list.map(({ dir, time, data }, i) => ({ dir, time, data, gap: i === 3 ? 2896 : undefined })) } : { packets: list }), missing: [] }
}

const send = (res: ServerResponse, body: unknown, status = 200): void => {
  res.statusCode = status
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify(body))
}

async function body(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function complete(query: URLSearchParams): object {
  const text = (query.get('text') ?? '').slice(0, Number(query.get('cursor')))
  const word = /[\w.-]*$/.exec(text)?.[0] ?? ''
  const from = text.length - word.length
  const before = text.slice(0, from).trimEnd()
  const items = /(==|!=|<|>|<=|>=)$/.test(before)
    ? ['http', 'tls', 'dns', 'mysql'].filter((one) => one.startsWith(word)).map((label) => ({ label, insert: label, kind: 'value', detail: '1,204' }))
    : /[\w.-]$/.test(before) && !/(&&|\|\|)$/.test(before)
      ? ['==', '!=', '<', '>'].map((label) => ({ label, insert: label, kind: 'operator' }))
      : FIELDS.filter((one) => one.exp.includes(word)).slice(0, 40).map((one) => ({ label: one.exp, insert: one.exp, kind: 'field', detail: one.friendlyName }))
  return { from, to: text.length, items }
}

async function answer(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
  const query = url.searchParams
  const path = url.pathname
  const user = { userId: 'admin', userName: 'Admin', roles: ['superAdmin'] }
  if (path === '/api/login') {
    const { password } = JSON.parse((await body(req)).toString()) as { password: string }
    loggedIn = password !== 'wrong'
    return send(res, loggedIn ? { user } : { success: false, text: 'wrong' }, loggedIn ? 200 : 401)
  }
  if (path === '/api/logout') return void ((loggedIn = false), send(res, {}))
  if (!loggedIn) return send(res, { success: false, text: 'log in first' }, 401)
  if (path === '/api/user') return send(res, user)
  if (path === '/api/appinfo') return send(res, { version: '0.1.0-dev', node: 'sensor-1' })
  if (path === '/api/fields') return send(res, FIELDS)
  if (path === '/api/sessions') {
    const list = select(query)
    const start = Number(query.get('start') ?? 0)
    const data = sorted(list, query.get('order') ?? '').slice(start, start + Number(query.get('length') ?? 100))
    return send(res, { data, recordsTotal: docs.length, recordsFiltered: list.length, ...(query.get('facets') ? { graph: graph(list, query) } : {}) })
  }
  const one = docs.find((doc) => path.includes(doc.id))
  if (/packets$/.test(path) && one) return send(res, packets(one, query.get('view')))
  if (path.startsWith('/api/session/')) return one ? send(res, one) : send(res, { success: false, text: 'no such session' }, 404)
  if (path === '/api/complete') return send(res, complete(query))
  if (path === '/api/validate') return void (parse(query.get('expression') ?? ''), send(res, { ok: true }))
  if (path === '/api/unique') {
    const field = FIELDS.find((one) => one.exp === query.get('exp'))
    const counts = new Map<string, number>()
    for (const doc of select(query)) for (const value of new Set(at(doc, field?.dbField ?? ''))) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
    return void res.end([...counts].map(([value, n]) => `${value}, ${n}`).join('\n'))
  }
  if (path === '/api/export/check') {
    const list = select(query)
    const sum = (p: string): number => list.reduce((n, doc) => n + Number(at(doc, p)[0] ?? 0), 0)
    return send(res, { sessions: list.length, packets: sum('network.packets'), bytes: sum('network.bytes'), missing: list.length > 500 ? [{ file: '/data/raw/sensor-1-000017.pcap', reason: 'deleted by retention', sessions: 12 }] : [] })
  }
  if (path === '/api/files') {
    const data = Array.from({ length: 14 }, (_, i) => ({ num: i + 1, node: 'sensor-1', name: `/data/raw/sensor-1-2611${20 + Math.floor(i / 5)}-${String(i).padStart(6, '0')}.pcap`, filesize: 2_147_000_000 - i * 91_000_000, packets: 2_900_123 - i * 4001, firstTimestamp: started - (i + 1) * 7_200_000, lastTimestamp: started - i * 7_200_000, locked: i === 3 ? 1 : 0, compression: i % 2 ? 'zstd' : 'none', damage: i === 5 ? 'record cut off at byte 1,204,331,776: the file ends inside a packet' : null }))
    const wanted = data.filter((file) => file.name.includes(query.get('filter') ?? ''))
    return send(res, { data: wanted, recordsTotal: 14, recordsFiltered: wanted.length })
  }
  if (path === '/api/upload') {
    await body(req)
    return send(res, { success: true, sessions: 12, packets: 345, first: started - 3_600_000, last: started, expression: 'tags == incident-42' })
  }
  send(res, { success: false, text: 'not in the development server' }, 404)
}

function handle(req: IncomingMessage, res: ServerResponse, next: () => void): void {
  const url = new URL(req.url ?? '/', 'http://dev')
  if (!url.pathname.startsWith('/api/')) return next()
  answer(req, res, url).catch((error: unknown) => {
    if (!(error instanceof Wrong)) return send(res, { success: false, text: String(error) }, 500)
    if (url.pathname === '/api/validate') return send(res, { ok: false, message: error.message, span: error.span })
    send(res, { data: [], recordsTotal: docs.length, recordsFiltered: 0, error: error.message, errorSpan: error.span })
  })
}

/** In front of `vite` and of `vite preview`. */
export function mockServer(): Plugin {
  return {
    name: 'hindsight-dev-server',
    configureServer: (server) => void server.middlewares.use(handle),
    configurePreviewServer: (server) => void server.middlewares.use(handle),
  }
}
