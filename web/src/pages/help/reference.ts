// The search language by example. Every example is checked by the server when the page opens and runs with one click.

export interface Example {
  expression: string
  /** Text `help.example.<key>`. */
  key: string
}

export interface Section {
  key: string
  examples: readonly Example[]
}

export const SECTIONS: readonly Section[] = [
  {
    key: 'basics',
    examples: [
      { expression: 'ip.src == 10.1.2.3', key: 'equals' },
      { expression: 'protocols == http && port.dst != 80', key: 'and' },
      { expression: '(protocols == dns || protocols == tls) && !(ip == 10.0.0.0/8)', key: 'group' },
      { expression: 'protocols == http and not host.http == example.com', key: 'words' },
      { expression: 'http.uri == EXISTS!', key: 'exists' },
    ],
  },
  {
    key: 'ip',
    examples: [
      { expression: 'ip == 10.0.0.0/8', key: 'cidr' },
      { expression: 'ip.dst == 192.168.1', key: 'prefix' },
      { expression: 'ip.src == 10.1.2.3:443', key: 'ipPort' },
      { expression: 'ip == [10.1.2.3, 2001:db8::/32]', key: 'ipList' },
      { expression: 'country.dst != CN', key: 'country' },
    ],
  },
  {
    key: 'numbers',
    examples: [
      { expression: 'port == [80, 443, 8000-8100]', key: 'numberList' },
      { expression: 'bytes > 10MB', key: 'size' },
      { expression: 'packets.dst <= 3', key: 'less' },
      { expression: 'session.length > 60000', key: 'length' },
    ],
  },
  {
    key: 'text',
    examples: [
      { expression: 'host.http == *.example.com', key: 'wildcard' },
      { expression: 'http.uri == /.*\\.(zip|exe)/', key: 'regex' },
      { expression: 'http.user-agent == "Mozilla/5.0*"', key: 'quoted' },
      { expression: 'protocols == ]tls,http[', key: 'all' },
      { expression: 'tags == [suspicious, replay]', key: 'list' },
    ],
  },
  {
    key: 'slow',
    examples: [
      { expression: 'perf.sql.time > 500ms', key: 'slowSql' },
      { expression: 'perf.http.time > 2s', key: 'slowHttp' },
      { expression: 'perf.tcp.retransmissions.dst > 10', key: 'retransmissions' },
      { expression: 'perf.tcp.handshake.dst > 200ms', key: 'handshake' },
      { expression: 'http.statuscode >= 500', key: 'failing' },
    ],
  },
  {
    key: 'times',
    examples: [
      { expression: 'starttime >= "2026/11/22 21:00:00"', key: 'date' },
      { expression: 'stoptime > -2h', key: 'relative' },
    ],
  },
]
