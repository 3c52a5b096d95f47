// Some fields of the catalogue, for the development server.

const field = (exp: string, dbField: string, friendlyName: string, type = 'termfield', group = 'general', help = `${friendlyName} of the session.`) => ({ exp, dbField, friendlyName, type, group, help })
const both = (exp: string, src: string, dst: string, name: string, type: string, group = 'general') => [field(`${exp}.src`, src, `Src ${name}`, type, group), field(`${exp}.dst`, dst, `Dst ${name}`, type, group)]

export const FIELDS = [
  { ...field('ip', 'ipall', 'All IP fields', 'ip'), regex: '^ip' },
  field('starttime', 'firstPacket', 'Start Time', 'seconds'), field('stoptime', 'lastPacket', 'Stop Time', 'seconds'), field('session.length', 'length', 'Session Length', 'integer'),
  field('protocols', 'protocol', 'Protocols'), field('ip.protocol', 'ipProtocol', 'IP Protocol', 'integer'),
  ...both('ip', 'source.ip', 'destination.ip', 'IP', 'ip'), ...both('port', 'source.port', 'destination.port', 'Port', 'integer'),
  ...both('country', 'source.geo.country_iso_code', 'destination.geo.country_iso_code', 'Country', 'uptermfield'), ...both('asn', 'source.as.full', 'destination.as.full', 'ASN', 'termfield'),
  field('packets', 'network.packets', 'Packets', 'integer'), ...both('packets', 'source.packets', 'destination.packets', 'Packets', 'integer'),
  field('bytes', 'network.bytes', 'Bytes', 'integer'), ...both('bytes', 'source.bytes', 'destination.bytes', 'Bytes', 'integer'),
  field('databytes', 'totDataBytes', 'Data bytes', 'integer'), ...both('databytes', 'client.bytes', 'server.bytes', 'Data bytes', 'integer'),
  ...both('mac', 'source.mac', 'destination.mac', 'MAC', 'lotermfield'), ...both('oui', 'srcOui', 'dstOui', 'OUI', 'termfield'), ...both('ttl', 'srcTTL', 'dstTTL', 'TTL', 'integer'),
  field('node', 'node', 'Node'), field('tags', 'tags', 'Tags'), field('communityId', 'network.community_id', 'Community ID'), field('session.segments', 'segmentCnt', 'Session Segments', 'integer'), field('initRTT', 'initRTT', 'Initial RTT', 'integer'),
  ...['syn', 'syn-ack', 'ack', 'psh', 'fin', 'rst', 'urg'].map((flag) => field(`tcpflags.${flag}`, `tcpflags.${flag}`, `TCP Flag ${flag.toUpperCase()}`, 'integer')),
  field('http.method', 'http.method', 'Request Method', 'termfield', 'http'), field('host.http', 'http.host', 'Hostname', 'lotermfield', 'http'), field('http.uri', 'http.uri', 'URI', 'termfield', 'http'),
  field('http.statuscode', 'http.statuscode', 'Status Code', 'integer', 'http'), field('http.user-agent', 'http.useragent', 'User Agent', 'termfield', 'http'), field('http.version.src', 'http.clientVersion', 'Src Version', 'termfield', 'http'), field('http.version.dst', 'http.serverVersion', 'Dst Version', 'termfield', 'http'),
  field('dns.query.host', 'dns.queryHost', 'Query Host', 'lotermfield', 'dns'), field('host.dns', 'dns.host', 'Host', 'lotermfield', 'dns'), field('dns.query.type', 'dns.qt', 'Query Type', 'uptermfield', 'dns'), field('dns.status', 'dns.status', 'Status Code', 'uptermfield', 'dns'), field('dns.opcode', 'dns.opcode', 'Op Code', 'uptermfield', 'dns'), field('dns.query.class', 'dns.qc', 'Query Class', 'uptermfield', 'dns'),
  field('dns.answer.ip', 'dns.answers.ip', 'Answer IP', 'ip', 'dns'), field('dns.answer.ttl', 'dns.answers.ttl', 'Answer TTL', 'integer', 'dns'), field('dns.answer.type', 'dns.answers.type', 'Answer Type', 'uptermfield', 'dns'), field('dns.answer.name', 'dns.answers.name', 'Answer Name', 'lotermfield', 'dns'), field('dns.answer.class', 'dns.answers.class', 'Answer Class', 'uptermfield', 'dns'),
  field('tls.version', 'tls.version', 'Version', 'termfield', 'tls'), field('tls.cipher', 'tls.cipher', 'Cipher', 'uptermfield', 'tls'), field('tls.ja3', 'tls.ja3', 'JA3', 'lotermfield', 'tls'), field('tls.ja4', 'tls.ja4', 'JA4', 'lotermfield', 'tls'),
  field('cert.subject.cn', 'cert.subjectCN', 'Subject CN', 'lotermfield', 'cert'), field('cert.issuer.cn', 'cert.issuerCN', 'Issuer CN', 'lotermfield', 'cert'), field('cert.alt', 'cert.alt', 'Alt Name', 'lotermfield', 'cert'), field('cert.serial', 'cert.serial', 'Serial Number', 'lotermfield', 'cert'),
  field('cert.notbefore', 'cert.notBefore', 'Not Before', 'seconds', 'cert'), field('cert.notafter', 'cert.notAfter', 'Not After', 'seconds', 'cert'), field('cert.validfor', 'cert.validDays', 'Days Valid For', 'integer', 'cert'),
  field('host.quic', 'quic.host', 'Hostname', 'lotermfield', 'quic'), field('quic.version', 'quic.version', 'Version', 'termfield', 'quic'), field('ssh.ver', 'ssh.version', 'Version', 'lotermfield', 'ssh'), field('ssh.hassh', 'ssh.hassh', 'HASSH', 'lotermfield', 'ssh'),
  field('mysql.user', 'mysql.user', 'User', 'lotermfield', 'mysql'), field('postgresql.user', 'postgresql.user', 'User', 'termfield', 'postgresql'), field('icmp.type', 'icmp.type', 'ICMP Type', 'integer', 'icmp'), field('icmp.code', 'icmp.code', 'ICMP Code', 'integer', 'icmp'),
  ...['retransmissions', 'outoforder', 'lost', 'dupacks', 'zerowindows'].flatMap((name) => [field(`perf.tcp.${name}.src`, `perf.tcp.${name}.src`, `${name} Src`, 'integer', 'perf'), field(`perf.tcp.${name}.dst`, `perf.tcp.${name}.dst`, `${name} Dst`, 'integer', 'perf')]),
  field('perf.tcp.handshake', 'perf.tcp.handshake', 'Handshake', 'integer', 'perf'), ...['http', 'sql', 'dns'].flatMap((kind) => ['count', 'time', 'first', 'errors'].map((what) => field(`perf.${kind}.${what}`, `perf.${kind}.${what}`, `${kind.toUpperCase()} ${what}`, 'integer', 'perf'))),
]
