// One line that says what a session is about.

import { scalarsAt, textAt } from '@/catalog/values'

export interface Info {
  /** A short word in front: method, query type, version. */
  tag: string
  text: string
  status: string
  bad: boolean
}

const line = (tag: string, text: string, status = '', bad = false): Info => ({ tag, text, status, bad })

function http(doc: unknown): Info | null {
  const uri = textAt(doc, 'http.uri')
  const host = textAt(doc, 'http.host')
  if (!uri && !host) return null
  const codes = scalarsAt(doc, 'http.statuscode')
  const worst = codes.reduce<number>((max, code) => Math.max(max, Number(code) || 0), 0)
  const more = scalarsAt(doc, 'http.uri').length - 1
  // Arkime keeps URIs with the host in front and without a scheme.
  // The server name of a TLS session is a host without a request.
  return line(textAt(doc, 'http.method') || textAt(doc, 'tls.version'), `${(uri || host).replace(/^\/\//, '')}${more > 0 ? ` +${more}` : ''}`, worst ? String(worst) : '', worst >= 400)
}

interface Slow { request?: unknown; lastByte?: unknown; status?: unknown; error?: unknown; kind?: unknown }

function statement(doc: unknown): Info | null {
  const list = (doc as { transaction?: unknown }).transaction
  if (!Array.isArray(list)) return null
  const slowest = (list as Slow[]).filter((one) => one.kind === 'sql' && typeof one.request === 'string')
    .sort((a, b) => Number(b.lastByte ?? 0) - Number(a.lastByte ?? 0))[0]
  return slowest ? line('SQL', String(slowest.request).replace(/\s+/g, ' '), slowest.error ? String(slowest.error) : '', Boolean(slowest.error)) : null
}

function first(doc: unknown, ...paths: string[]): string {
  for (const path of paths) {
    const values = scalarsAt(doc, path)
    if (values.length) return `${String(values[0])}${values.length > 1 ? ` +${values.length - 1}` : ''}`
  }
  return ''
}

export function infoOf(doc: unknown): Info {
  const web = http(doc) ?? statement(doc)
  if (web) return web
  const dns = first(doc, 'dns.queryHost', 'dns.host')
  if (dns) return line(textAt(doc, 'dns.qt') || 'DNS', dns)
  const server = first(doc, 'quic.host', 'cert.subjectCN')
  if (server) return line(textAt(doc, 'tls.version'), server)
  const subject = first(doc, 'email.subject', 'email.src')
  if (subject) return line('', subject)
  const lease = first(doc, 'dhcp.host')
  if (lease) return line(textAt(doc, 'dhcp.type'), lease)
  const user = first(doc, 'mysql.user', 'postgresql.user', 'user')
  if (user) return line('', user)
  return line('', first(doc, 'ssh.version', 'ssh.hassh'))
}
