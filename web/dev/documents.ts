// Made-up session documents for developing the viewer without a server. Never part of the product or of a test that counts.

export interface Doc {
  id: string
  [key: string]: unknown
}

/** Mulberry32: the same "traffic" at each start. */
function random(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const SQL = [
  'SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.state = ? ORDER BY o.created DESC LIMIT 50',
  'UPDATE stock SET quantity = quantity - 1 WHERE sku = ?', 'SELECT * FROM sessions WHERE token = ?',
  'INSERT INTO audit (who, what, at) VALUES (?, ?, now())', 'SELECT count(*) FROM invoices WHERE due < now() AND paid IS NULL',
]
const HOSTS = ['shop.example.com', 'backoffice.example.com', 'api.example.com', 'static.example.com', 'update.vendor.example', '门户.example.cn']

export function documents(now: number): Doc[] {
  const rand = random(7)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rand() * list.length)] as T
  const many = (n: number): number => Math.floor(rand() * n)
  const out: Doc[] = []
  for (let i = 0; i < 24_000; i++) {
    const age = rand() < 0.25 ? rand() * 3_600_000 : rand() * 3 * 86_400_000
    const first = Math.round(now - age)
    const kind = pick(['http', 'http', 'tls', 'tls', 'tls', 'dns', 'dns', 'mysql', 'postgresql', 'ssh', 'icmp', 'quic'])
    const slow = rand() < 0.06
    const took = slow ? 400_000 + many(4_000_000) : 800 + many(60_000)
    const length = Math.ceil(took / 1000) + many(kind === 'ssh' ? 600_000 : 900)
    const srcBytes = 200 + many(9000)
    const dstBytes = 200 + many(kind === 'dns' ? 400 : 160_000)
    const srcPackets = 2 + many(40)
    const dstPackets = 2 + many(120)
    const tcp = !['dns', 'icmp', 'quic'].includes(kind)
    const kindPort: Record<string, number> = { http: 80, tls: 443, dns: 53, mysql: 3306, postgresql: 5432, ssh: 22, quic: 443 }
    const doc: Doc = {
      id: `3@${new Date(first).toISOString().slice(2, 10).replaceAll('-', '')}-${i.toString(36).padStart(6, '0')}`,
      node: 'sensor-1', firstPacket: first, lastPacket: first + length, length, ipProtocol: kind === 'icmp' ? 1 : tcp ? 6 : 17,
      source: { ip: `10.101.${many(4)}.${1 + many(250)}`, port: 32768 + many(28000), bytes: srcBytes, packets: srcPackets, mac: ['3c:fd:fe:9e:7f:71'] },
      destination: {
        ip: ['mysql', 'postgresql'].includes(kind) ? `10.20.0.${10 + many(4)}` : rand() < 0.1 ? `2001:db8:5::${many(99)}` : `93.184.${many(255)}.${many(255)}`,
        port: kindPort[kind] ?? 0, bytes: dstBytes, packets: dstPackets, mac: ['00:25:90:c1:44:02'],
        geo: ['mysql', 'postgresql'].includes(kind) ? undefined : { country_iso_code: pick(['US', 'DE', 'CN', 'NL', 'JP']) }, as: { full: 'AS15133 EDGECAST' },
      },
      network: { bytes: srcBytes + dstBytes, packets: srcPackets + dstPackets, community_id: '1:KT3oDHQXvP12XMLuGcYD4tAnGuE=' },
      client: { bytes: Math.floor(srcBytes * 0.7) }, server: { bytes: Math.floor(dstBytes * 0.8) }, totDataBytes: Math.floor(srcBytes * 0.7) + Math.floor(dstBytes * 0.8),
      protocol: kind === 'icmp' ? ['icmp'] : [tcp ? 'tcp' : 'udp', kind], protocolCnt: 2, segmentCnt: 1, srcTTL: [64], dstTTL: [52], srcOui: ['Intel Corporate'], dstOui: ['Super Micro Computer'],
    }
    const perf: Record<string, unknown> = {}
    if (tcp) {
      doc.initRTT = 12
      doc.tcpflags = { syn: 1, 'syn-ack': 1, ack: srcPackets, psh: 5, fin: 2, rst: 0, urg: 0 }
      const bad = rand() < 0.08
      perf.tcp = {
        retransmissions: { src: bad ? many(3) : 0, dst: bad ? many(24) : 0 }, outoforder: { src: 0, dst: bad ? many(6) : 0 }, lost: { src: 0, dst: bad ? many(3) : 0 },
        dupacks: { src: bad ? many(12) : 0, dst: 0 }, zerowindows: { src: rand() < 0.01 ? 2 : 0, dst: 0 }, handshake: 8_000 + many(slow ? 400_000 : 40_000), handshakeSrc: 900 + many(4000), handshakeDst: 7000 + many(30_000),
      }
    }
    const requests = (n: number, make: (slowest: boolean) => object): void => {
      doc.transaction = Array.from({ length: n }, (_, k) => {
        const last = k === 0 ? took : 500 + many(Math.max(501, took))
        return { start: first + k * 40, firstByte: Math.floor(last * (0.4 + rand() * 0.5)), lastByte: last, bytes: many(40_000), ...make(k === 0) }
      })
    }
    if (kind === 'http') {
      const host = pick(HOSTS)
      const uri = pick(['/', '/login', '/orders?state=open&page=3', '/api/v2/stock/8842', '/static/app.3f9c.js', '/reports/2026/november.pdf'])
      const status = rand() < 0.06 ? pick([404, 500, 502, 503]) : pick([200, 200, 200, 304])
      doc.http = { method: [pick(['GET', 'GET', 'POST'])], host: [host], uri: [`${host}${uri}`], statuscode: [status], useragent: ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'], clientVersion: ['1.1'], serverVersion: ['1.1'] }
      const n = 1 + many(6)
      requests(n, () => ({ kind: 'http', request: `GET ${uri}`, status: String(status) }))
      perf.http = { count: n, time: took, first: Math.floor(took * 0.7), errors: status >= 400 ? 1 : 0 }
    } else if (kind === 'mysql' || kind === 'postgresql') {
      doc[kind] = { user: 'shop', db: 'shop' }
      const n = 1 + many(14)
      const failing = rand() < 0.05
      requests(n, (slowest) => ({ kind: 'sql', request: pick(SQL), status: failing && slowest ? '1205' : 'ok', error: failing && slowest ? 'Lock wait timeout exceeded; try restarting transaction' : undefined, rows: many(500) }))
      perf.sql = { count: n, time: took, first: Math.floor(took * 0.8), errors: failing ? 1 : 0 }
    } else if (kind === 'dns') {
      doc.dns = [{ queryHost: pick(HOSTS), host: [pick(HOSTS)], qt: pick(['A', 'AAAA', 'HTTPS']), qc: 'IN', status: 'NOERROR', opcode: 'QUERY', answers: [{ ip: '93.184.216.34', ttl: 300, type: 'A', class: 'IN', name: 'shop.example.com' }] }]
      perf.dns = { count: 1, time: took, first: took, errors: 0 }
      requests(1, () => ({ kind: 'dns', request: 'A shop.example.com', status: 'NOERROR' }))
    } else if (kind === 'tls') {
      doc.tls = { version: ['TLSv1.3'], cipher: ['TLS_AES_256_GCM_SHA384'], ja3: ['b32309a26951912be7dba376398abc3b'], ja4: ['t13d1516h2_8daaf6152771_02713d6af862'] }
      doc.http = { host: undefined }
      doc.cert = [{ subjectCN: [pick(HOSTS)], issuerCN: ["Let's Encrypt R11"], alt: HOSTS.slice(0, 3), altCnt: 3, notBefore: now - 5e9, notAfter: now + 2e9, serial: '03a19e', validDays: 90 }]
      doc.certCnt = 1
    } else if (kind === 'quic') doc.quic = { host: [pick(HOSTS)], version: ['1'] }
    else if (kind === 'ssh') doc.ssh = { version: ['SSH-2.0-OpenSSH_9.7', 'SSH-2.0-OpenSSH_9.2p1 Debian'], hassh: ['ec7378c1a92f5a8dde7e8b7a1ddf33d1'] }
    else doc.icmp = { type: [8, 0], code: [0] }
    if (Object.keys(perf).length) doc.perf = perf
    if (rand() < 0.03) doc.tags = ['incident-42']
    out.push(doc)
  }
  return out
}
