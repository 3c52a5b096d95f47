// The numbers of the overview: changes against the window before, shares, what is new, what is wrong.

import type { CommonQuery, Graph } from '@/api/types'
import { joined, quoted } from '@/search/expression'
import type { Instants } from '@/search/range'
import { chartOf } from '@/pages/sessions/timeline'
import type { SpiGraphAnswer, SummaryItem, SummaryMetric } from '@/api/summary'

/** The window of the same length that ends where this one begins. */
export function before(at: Instants): Instants {
  return { start: at.start - (at.stop - at.start), stop: at.start }
}

export interface Change {
  /** `up`, `down`, `same`, or `new` where there was nothing before. */
  kind: 'up' | 'down' | 'same' | 'new'
  /** Percent, never negative. */
  percent: number
}

/** Null where there is nothing to compare with. */
export function changeOf(now: number, then: number | undefined): Change | null {
  if (then === undefined) return null
  if (then === 0) return now === 0 ? { kind: 'same', percent: 0 } : { kind: 'new', percent: 0 }
  const percent = ((now - then) / then) * 100
  if (Math.abs(percent) < 0.5) return { kind: 'same', percent: 0 }
  return { kind: percent > 0 ? 'up' : 'down', percent: Math.abs(percent) }
}

/** `12 %`, `×3.4` where percents become unreadable. */
export function formatChange(change: Change): string {
  if (change.kind === 'up' && change.percent >= 300) return `×${(change.percent / 100 + 1).toFixed(change.percent < 900 ? 1 : 0)}`
  return `${change.percent < 10 ? change.percent.toFixed(1).replace(/\.0$/, '') : Math.round(change.percent)} %`
}

/** The same search with a further condition. */
export const narrowed = (common: CommonQuery, term: string): CommonQuery => ({ ...common, expression: joined(common.expression ?? '', '&&', term) })

export const valueOf = (item: SummaryItem, metric: SummaryMetric): number => item[metric]

/** Terms that find trouble; each is a count of sessions and a link to them. */
export const TROUBLES: readonly { key: string; term: string; tone: 'warn' | 'bad' }[] = [
  { key: 'retransmissions', term: 'perf.tcp.retransmissions.src > 0 || perf.tcp.retransmissions.dst > 0', tone: 'warn' },
  { key: 'lost', term: 'perf.tcp.lost.src > 0 || perf.tcp.lost.dst > 0', tone: 'warn' },
  { key: 'zeroWindows', term: 'perf.tcp.zerowindows.src > 0 || perf.tcp.zerowindows.dst > 0', tone: 'warn' },
  { key: 'resets', term: 'tcpflags.rst > 0', tone: 'warn' },
  { key: 'noAnswer', term: 'packets.src > 0 && packets.dst == 0', tone: 'warn' },
  { key: 'http', term: 'http.statuscode >= 500', tone: 'bad' },
  { key: 'sql', term: 'perf.sql.errors > 0', tone: 'bad' },
  { key: 'dns', term: 'perf.dns.errors > 0', tone: 'bad' },
]

/** Addresses that belong to nobody outside: RFC 1918, 6598, 3927, 4193, 4291, loopback, multicast and broadcast. */
export const INSIDE = '[10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16,127.0.0.0/8,224.0.0.0/4,255.255.255.255,fc00::/7,fe80::/10,ff00::/8,::1]'

export const DIRECTIONS: readonly { key: string; term: string }[] = [
  { key: 'out', term: `ip.src == ${INSIDE} && ip.dst != ${INSIDE}` },
  { key: 'in', term: `ip.src != ${INSIDE} && ip.dst == ${INSIDE}` },
  { key: 'inside', term: `ip.src == ${INSIDE} && ip.dst == ${INSIDE}` },
  { key: 'outside', term: `ip.src != ${INSIDE} && ip.dst != ${INSIDE}` },
]

/** Values looked at when new ones are sought; the window before is asked for exactly these. */
export const CANDIDATES = 400

/** `host == ["a","b"]`: any of these values; inside a list, text between slashes is text. */
export const anyOf = (field: string, values: readonly string[]): string => `${field} == [${values.map(quoted).join(',')}]`

/** Those that the window before does not have, in their order. */
export function fresh(now: readonly [string, number][], then: readonly [string, number][]): [string, number][] {
  const known = new Set(then.map(([value]) => value))
  return now.filter(([value]) => !known.has(value))
}

/** Names of what listens on a port, IANA "Service Name and Transport Protocol Port Number Registry". */
const SERVICES: Record<number, string> = {
  20: 'ftp-data', 21: 'ftp', 22: 'ssh', 23: 'telnet', 25: 'smtp', 53: 'dns', 67: 'dhcp', 68: 'dhcp', 69: 'tftp', 80: 'http', 88: 'kerberos', 110: 'pop3', 111: 'rpcbind', 123: 'ntp',
  135: 'msrpc', 137: 'netbios-ns', 138: 'netbios-dgm', 139: 'netbios-ssn', 143: 'imap', 161: 'snmp', 162: 'snmptrap', 179: 'bgp', 389: 'ldap', 443: 'https', 445: 'smb', 465: 'smtps',
  500: 'isakmp', 502: 'modbus', 514: 'syslog', 587: 'submission', 636: 'ldaps', 853: 'dns-tls', 993: 'imaps', 995: 'pop3s', 1080: 'socks', 1194: 'openvpn', 1433: 'mssql', 1521: 'oracle', 1812: 'radius',
  1883: 'mqtt', 1900: 'ssdp', 2049: 'nfs', 3128: 'proxy', 3306: 'mysql', 3389: 'rdp', 4500: 'ipsec-nat', 4789: 'vxlan', 5060: 'sip', 5222: 'xmpp', 5353: 'mdns', 5355: 'llmnr', 5432: 'postgresql',
  5671: 'amqps', 5672: 'amqp', 5900: 'vnc', 6379: 'redis', 6667: 'irc', 8080: 'http-alt', 8443: 'https-alt', 8883: 'mqtts', 9042: 'cassandra', 9092: 'kafka', 9200: 'elasticsearch', 11211: 'memcached', 27017: 'mongodb', 51820: 'wireguard',
}

/** The usual service of a port, for `port.dst` and its like; empty for others. */
export const serviceOf = (field: string, value: string): string => (/^port(\.|$)/.test(field) ? (SERVICES[Number(value)] ?? '') : '')

/** Protocols that carry the others: shown beside them they would say everything twice. */
const CARRIERS = new Set(['tcp', 'udp', 'ethernet', 'arp-ethernet', 'ip', 'sctp'])

export interface Series {
  label: string
  total: number
  values: number[]
}

/** Curves of the top values; of protocols only those that say what is spoken. Their sum is not the whole: a session may have several. */
export function seriesOf(answer: SpiGraphAnswer, field: string, metric: SummaryMetric, range: Instants | null, count: number): { xs: number[]; interval: number; series: Series[] } {
  const items = answer.items.filter((item) => field !== 'protocols' || !CARRIERS.has(String(item.name)))
  const base = chartOf(answer.graph, metric, range)
  const within = base.xs.length ? { start: (base.xs[0] ?? 0) * 1000, stop: (base.xs.at(-1) ?? 0) * 1000 } : null
  const series = items.map((item) => {
    const values = within ? chartOf({ ...item.graph, interval: base.interval } as Graph, metric, within).total : []
    return { label: String(item.name), total: values.reduce((sum, n) => sum + n, 0), values }
  })
  return { xs: base.xs, interval: base.interval, series: series.sort((a, b) => b.total - a.total).slice(0, count) }
}

/** Values to ask for so that enough stay when carriers are left out. */
export const seriesSize = (field: string, count: number): number => (field === 'protocols' ? count + 4 : count)
