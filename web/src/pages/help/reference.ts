// The search language by example, and what goes wrong with it. The server reads every example when it comes into view and counts its
// sessions; values in braces are filled with what this server holds (live.ts).

/** What an example needs that not every server has; where it is missing the page leads to where it is made. */
export type Need = 'list' | 'view' | 'file' | 'tag'

export interface Example {
  /** May hold `{ip}`, `{net}`, `{prefix}`, `{port}`, `{host}`, `{domain}`, `{country}`, `{tag}`, `{list}`, `{listField}`, `{view}`, `{file}`. */
  expression: string
  /** Text `help.example.<key>`. */
  key: string
  needs?: Need
}

export interface Section {
  key: string
  examples: readonly Example[]
}

export const SECTIONS: readonly Section[] = [
  {
    key: 'basics',
    examples: [
      { expression: 'ip == {ip}', key: 'equals' },
      { expression: 'protocols == http && port.dst != 80', key: 'and' },
      { expression: '(protocols == dns || protocols == tls) && !(ip == {net})', key: 'group' },
      { expression: 'protocols == http and not host.http == {host}', key: 'words' },
      { expression: 'http.uri == EXISTS!', key: 'exists' },
      { expression: 'tags != EXISTS!', key: 'missing' },
      { expression: 'protocols != tcp', key: 'none' },
    ],
  },
  {
    key: 'ip',
    examples: [
      { expression: 'ip == {net}', key: 'cidr' },
      { expression: 'ip.dst == {prefix}', key: 'prefix' },
      { expression: 'ip == {ip}:{port}', key: 'ipPort' },
      { expression: 'ip == :443', key: 'onlyPort' },
      { expression: 'ip == ipv6', key: 'version' },
      { expression: 'ip == 2001:db8::.443', key: 'v6Port' },
      { expression: 'ip == [{ip}, 2001:db8::/32]', key: 'ipList' },
      { expression: 'ip.src >= 10.0.0.0 && ip.src < 11.0.0.0', key: 'ipRange' },
      { expression: 'country.dst != {country}', key: 'country' },
    ],
  },
  {
    key: 'numbers',
    examples: [
      { expression: 'port == [80, 443, 8000-8100]', key: 'numberList' },
      { expression: 'bytes > 10KB', key: 'size' },
      { expression: 'packets.dst <= 3', key: 'less' },
      { expression: 'session.length > 60000', key: 'length' },
      { expression: 'ip.protocol == udp', key: 'protocolName' },
    ],
  },
  {
    key: 'text',
    examples: [
      { expression: 'host.http == *{domain}', key: 'wildcard' },
      { expression: 'http.uri == /.*\\.(zip|exe|gif)/', key: 'regex' },
      { expression: 'http.user-agent == "Mozilla/5.0*"', key: 'quoted' },
      { expression: 'http.uri == "http://{host}/*"', key: 'address' },
      { expression: 'host.dns.tokens == example', key: 'tokens' },
      { expression: 'payload8.utf8 == "GET /"', key: 'payload' },
    ],
  },
  {
    key: 'lists',
    examples: [
      { expression: 'protocols == [dns, tls, quic]', key: 'list' },
      { expression: 'protocols == ]tls,http[', key: 'all' },
      { expression: 'host == [*.com, "{host}", /www\\d*\\..*/]', key: 'mixed' },
    ],
  },
  {
    key: 'own',
    examples: [
      { expression: '{listField} == ${list}', key: 'shortcut', needs: 'list' },
      { expression: 'view == "{view}"', key: 'view', needs: 'view' },
      { expression: 'file == "*{file}"', key: 'file', needs: 'file' },
      { expression: 'tags == {tag}', key: 'tag', needs: 'tag' },
      { expression: 'huntId == EXISTS!', key: 'hunt' },
    ],
  },
  {
    key: 'names',
    examples: [
      { expression: 'host == {host}', key: 'family' },
      { expression: 'source.ip == {ip} || srcIp == {ip}', key: 'alias' },
      { expression: 'db:source.ip == {ip}', key: 'path' },
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
      { expression: 'starttime >= 2026-11-22T21:00:00Z', key: 'iso' },
      { expression: 'stoptime > -2h', key: 'relative' },
      { expression: 'starttime >= -1d@d && starttime < @d', key: 'snap' },
      { expression: 'starttime >= -1w@w1', key: 'week' },
      { expression: 'cert.notafter < now', key: 'cert' },
    ],
  },
]

export interface Mistake {
  /** What is wrong: the server's own words for it are shown. */
  wrong: string
  /** What was meant; empty where nobody knows. */
  right: string
  /** Text `help.mistake.<key>`. */
  key: string
}

export const MISTAKES: readonly Mistake[] = [
  { wrong: 'source_ip == 10.0.0.1', right: 'ip.src == 10.0.0.1', key: 'field' },
  { wrong: 'http.user-agent == Mozilla 5', right: 'http.user-agent == "Mozilla 5*"', key: 'quotes' },
  { wrong: "protocols == 'http'", right: 'protocols == "http"', key: 'apostrophes' },
  { wrong: '(protocols == http || protocols == dns', right: '(protocols == http || protocols == dns)', key: 'brackets' },
  { wrong: 'protocols == http &&', right: 'protocols == http && port.dst == 80', key: 'end' },
  { wrong: 'host.http > a', right: 'host.http == a*', key: 'operator' },
  { wrong: 'http.uri contains login', right: 'http.uri == *login*', key: 'contains' },
  { wrong: 'ip == 10.*', right: 'ip == 10.0.0.0/8', key: 'ipWildcard' },
  { wrong: 'ip == example.com', right: 'host == example.com', key: 'ipName' },
  { wrong: 'http.uri == *', right: 'http.uri == EXISTS!', key: 'star' },
  { wrong: 'http.uri == /a/b/', right: 'http.uri == /.*a\\/b.*/', key: 'slash' },
  { wrong: 'port > [80, 443]', right: 'port > 443', key: 'listCompare' },
  { wrong: 'packets.src > packets.dst', right: 'packets.src > 100', key: 'twoFields' },
  { wrong: 'ip == $no-such-list', right: '', key: 'noList' },
  { wrong: 'view == "no such view"', right: '', key: 'noView' },
  { wrong: 'starttime >= "yesterday"', right: 'starttime >= -1d@d', key: 'time' },
]

/** Situations without an error: texts `help.trouble.<key>.q` and `.a`. */
export const TROUBLES = ['nothing', 'limit', 'gone', 'places', 'losses', 'huntMissed', 'tls', 'slow', 'known', 'locked', 'moreThanShown'] as const
