// English. The Chinese catalogue has the same keys (tested). `|` parts plural forms, `@` and braces have meaning: avoid them in texts.

export default {
  common: {
    close: 'Close', cancel: 'Cancel', retry: 'Try again', loading: 'Loading…', copied: 'Copied', src: 'Src', dst: 'Dst', source: 'Source', destination: 'Destination',
  },
  page: { sessions: 'Sessions', files: 'Files', stats: 'Statistics', help: 'Help', settings: 'Settings', nowhere: 'Not found', login: 'Log in' },
  shell: { skip: 'Skip to the content', pages: 'Pages', account: 'Account {name}', logOut: 'Log out', nowhere: 'There is no such page' },
  theme: { system: 'As the system', light: 'Light', dark: 'Dark' },
  login: {
    title: 'Log in', tagline: 'Network traffic retrospection', user: 'User name', password: 'Password', submit: 'Log in', show: 'Show password', hide: 'Hide password',
    wrong: 'User name or password is wrong.', locked: 'Too many attempts. Try again in {n} s.',
    hint: 'The first start prints the password of “admin” on the terminal.',
  },
  search: {
    placeholder: 'Search, for example  protocols == http && perf.http.time > 2s', expression: 'Search expression', clear: 'Clear', history: 'Recent searches',
    noHistory: 'Searches of this browser will be listed here.', forget: 'Forget them all',
  },
  range: {
    back: 'One window earlier', forward: 'One window later', quick: 'Quick ranges', custom: 'From – to', start: 'From', stop: 'To', pick: 'Pick from a calendar',
    unreadable: 'This is no time.', teach: 'Also relative:', bounding: 'A session belongs to the range when', apply: 'Apply', hours: 'Last {n} hours',
    bounded: {
      last: 'its last packet is in it', first: 'its first packet is in it', both: 'it lies in it as a whole', either: 'it overlaps it', database: 'it was stored in it',
    },
    named: { last15m: 'Last 15 minutes', today: 'Today', yesterday: 'Yesterday', lastNight: 'Last night', thisWeek: 'This week', lastWeek: 'Last week' },
    preset: {
      '1': 'Last hour', '6': 'Last 6 hours', '12': 'Last 12 hours', '24': 'Last 24 hours', '48': 'Last 2 days', '72': 'Last 3 days', '168': 'Last week', '336': 'Last 2 weeks',
      '720': 'Last month', '1440': 'Last 2 months', '4380': 'Last 6 months', '8760': 'Last year', '-1': 'All time',
    },
  },
  timeline: {
    title: 'Timeline', metric: 'What the timeline shows', metrics: { sessions: 'Sessions', packets: 'Packets', bytes: 'Bytes', databytes: 'Payload' },
    totals: '{sessions} sessions · {packets} packets · {bytes}', per: '{span} per bar', wider: 'Zoom out', closer: 'Zoom in', unzoom: 'Back to before the zoom', none: 'Nothing in this range',
  },
  sessions: {
    list: 'Sessions', stop: 'Stop the search', refresh: 'Search again', count: '{n} sessions | {n} session | {n} sessions', of: 'of {n} · {ms}',
    failedShort: 'No result', wrong: 'The expression is not understood', failed: 'The search failed', failedHint: 'Nothing is shown rather than a part of it.', fix: 'Go to the expression',
    empty: 'Nothing found', emptyHint: 'No session in this range matches. A wider range or fewer conditions may help.', emptyStore: 'Nothing here yet',
    outside: 'All time has {n} sessions that match. | All time has {n} session that matches. | All time has {n} sessions that match.', showAll: 'Search all time', dropExpression: 'Without the expression',
    howToImport: 'Drop a capture file on this page, or run', noCatalog: 'Field list not loaded', sortHint: 'Sort by this; with Shift, too', capped: 'The list ends after {n} rows. Narrow the search to see others.',
  },
  columns: {
    button: 'Columns', shown: 'Shown', reset: 'Reset', filter: 'Find among {n} fields', none: 'No field is called so.', more: '{n} more: type to narrow', up: 'Move {name} to the left', down: 'Move {name} to the right', remove: 'Remove {name}',
  },
  column: {
    firstPacket: 'Start', lastPacket: 'End', length: 'Duration', protocols: 'Protocols', source: 'Source', destination: 'Destination', packets: 'Packets', bytes: 'Bytes', databytes: 'Payload',
    perf: 'Performance', info: 'Info',
  },
  mark: {
    hunted: 'Found by the hunt {name}',
    retransmissions: 'Retransmitted segments', lost: 'Segments that were not seen', zeroWindows: 'Zero windows', errors: 'Transactions that failed', http: 'Slowest HTTP request', sql: 'Slowest SQL statement', dns: 'Slowest DNS query', handshake: 'TCP handshake',
    short: { retransmissions: 'rtx', lost: 'lost', zeroWindows: 'zero win', errors: 'err', http: 'http', sql: 'sql', dns: 'dns', handshake: 'syn' },
  },
  menu: {
    and: 'And this', andNot: 'And not this', or: 'Or this', orNot: 'Or not this', only: 'Search only for this', newTab: 'Search in a new tab', sessions: 'Show the sessions', copy: 'Copy the value', copyTerm: 'Copy as expression', exists: 'And the field exists',
    top: 'Most frequent values', showColumn: 'Add as column', hideColumn: 'Remove the column', sort: 'Sort by this field', copyField: 'Copy the field name',
  },
  top: {
    title: 'Values of {field}', about: '{exp} in the sessions of this search, most frequent first', failed: 'The values could not be counted', none: 'No session of this search has a value', filter: 'Filter the values', count: '{n} values', more: 'and {n} more; filter to see them',
  },
  detail: {
    title: 'Session', link: 'Copy a link to this view', export: 'Export this session', dockBottom: 'Show below the list', dockRight: 'Show beside the list', resize: 'Width of the detail', failed: 'The session could not be loaded',
    packets: '{n} packets', linked: 'All segments of this session', filter: 'Filter fields and values', noMatch: 'No field matches.', more: '{n} more', pane: { fields: 'Fields', perf: 'Performance', packets: 'Packets' },
  },
  group: {
    general: 'General', other: 'Other', http: 'HTTP', dns: 'DNS', tls: 'TLS', cert: 'Certificates', quic: 'QUIC', ssh: 'SSH', email: 'E-mail', ftp: 'FTP', dhcp: 'DHCP', mysql: 'MySQL', postgresql: 'PostgreSQL', icmp: 'ICMP', arp: 'ARP',
  },
  perf: {
    none: 'Nothing was measured in this session.', handshake: 'TCP handshake', serverShare: 'Server', clientShare: 'Client', transport: 'Transport', clean: 'No retransmission, no loss, no zero window.',
    count: { retransmissions: 'Retransmissions', lost: 'Not seen segments', outoforder: 'Out of order', dupacks: 'Duplicate ACKs', zerowindows: 'Zero windows' },
    kind: { http: 'HTTP', sql: 'SQL', dns: 'DNS' }, summary: '{n} answered · first byte {first}', errors: '{n} failed', transactions: 'Transactions', order: 'Order', bySlowest: 'Slowest', byTime: 'By time', wait: 'Waiting for the first byte', transfer: 'Transfer',
    firstByte: 'first byte {time}', rows: '{n} rows | {n} row | {n} rows', notListed: '{n} faster ones are counted but not listed.',
  },
  packets: {
    title: 'Packets', view: 'View', views: { stream: 'Conversation', packets: 'Packets' }, base: 'Payload as', bases: { utf8: 'UTF-8', natural: 'ASCII', hex: 'Hex' }, sides: 'Sides shown', headers: 'Whole frames with headers',
    find: 'Find in packets', notFound: 'not found', previous: 'Previous match', next: 'Next match', download: 'Download', asPcap: 'As pcap', asPcapng: 'As pcapng', rawSrc: 'Payload of the source', rawDst: 'Payload of the destination',
    missing: '{file} is missing:', failed: 'The packets could not be read', noPayload: 'The packets shown carry no payload.', nothing: 'There are no packets to show.', partial: '{n} of {total} packets', more: 'Load more', rest: 'Show {n} more',
    gap: '{n} missing here', delta: 'Since the packet before', since: 'Since the first packet', cut: '{n} captured',
  },
  export: {
    button: 'Export', title: 'Export', about: 'What the file will hold is counted before the download starts.', format: 'Format', formats: { pcap: 'Packets, readable everywhere', pcapng: 'Packets with interfaces and nanoseconds', csv: 'A table of the shown columns', json: 'Whole session documents' },
    scope: 'Sessions', all: 'All that match', one: 'The open session', segments: 'Segments of long sessions', segment: { no: 'Only those found', time: 'Linked ones within the time range too', all: 'Linked ones of all time too' },
    bpf: 'Packet filter (BPF)', bpfHint: 'As in tcpdump. Empty: every packet.', slice: 'Only packets of a time slice', order: 'The end lies before the start.', check: 'What the file will hold', checking: 'Counting…', sessions: 'Sessions', packets: 'Packets', size: 'Size', mostPackets: 'Packets at most', mostSize: 'Size at most', mixed: 'These packets were captured on links of several kinds, which pcap cannot hold in one file.',
    missing: 'Packets of {n} files are missing | Packets of {n} file are missing | Packets of {n} files are missing', affected: '{n} sessions | {n} session | {n} sessions', nothing: 'There is nothing to export.', download: 'Download {format}',
  },
  upload: {
    button: 'Import', title: 'Import captures', about: 'The files are read into sessions; you can look at them at once.', tags: 'Tags', tagsHint: 'For example: incident-42, backoffice', drop: 'Drop capture files here', dropHere: 'Drop to import', choose: 'Choose files',
    kinds: 'pcap and pcapng, also compressed with gzip or zstd', phase: { waiting: 'Waiting', sending: 'Sending', importing: 'Reading', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' }, result: '{sessions} sessions, {packets} packets', show: 'Show the sessions', clear: 'Clear finished',
  },
  files: {
    count: '{n} of {all} files', filter: 'Filter by name', failed: 'The files could not be listed', noMatch: 'No file has such a name', empty: 'No capture files yet', sessions: 'Sessions', locked: 'kept', lockedHint: 'Never deleted by retention', pages: 'Pages of files',
    column: { num: 'No.', node: 'Node', name: 'File', filesize: 'Size', packets: 'Packets', first: 'First packet', lastTimestamp: 'Last packet' },
  },
  stats: {
    span: 'Time shown', node: 'Node', interface: 'Interface', allNodes: 'All nodes', allInterfaces: 'All interfaces', asOf: 'As of {time}', pause: 'Stop following', follow: 'Follow', refresh: 'Read again', failed: 'The statistics could not be read',
    empty: 'Nothing has captured yet', howTo: 'A live capture keeps its figures here. Start one with', nothingLost: 'Nothing was lost', capturing: 'capturing for {span}', since: 'silent since {time}', sessionsThen: 'Sessions of this time', workers: 'Workers', lossAt: '{n} {unit}: {why}', lossHere: 'Lost here', lossMore: 'and {n} more kinds',
    range: { m15: '15 min', h1: '1 h', h6: '6 h', h24: '24 h', d7: '7 days', d30: '30 days', y1: '1 year' },
    chart: { packets: 'Packets per second', bits: 'Bits per second', lost: 'Lost, by stage', sessions: 'Open sessions', began: 'Sessions per second', memory: 'Memory', cpu: 'Processor', disk: 'Free disk space', queue: 'Queues' },
    curve: { packets: 'captured', written: 'written', captured: 'captured', writtenBits: 'written', open: 'open', began: 'began', documents: 'documents', process: 'process', held: 'open sessions', cpu: 'of one core', free: 'free', waiting: 'documents before the index', stalls: 'waits for the disk per second' },
    stage: { kernel: 'Kernel', source: 'Source', disk: 'Disk', memory: 'Memory', index: 'Index' },
    reason: {
      kernel: { ring: 'dropped by the kernel because the ring was full' }, source: { damaged: 'damaged in the ring' },
      disk: { slow: 'not written because the disk is slow', full: 'not written because the disk is full', error: 'not written because of errors', other: 'not written', evidence: 'of evidence lost because the disk is slow', 'evidence-error': 'of evidence not written because of errors' },
      memory: { fragments: 'given up incomplete for memory', streams: 'in streams given up for memory' },
      index: { slow: 'not indexed because the index is slow', stopped: 'not indexed when the capture was stopped', refused: 'refused by the index', other: 'not indexed' },
    },
    unit: { packets: 'packets', documents: 'documents', datagrams: 'datagrams', holes: 'holes' },
    state: { running: 'running', closing: 'closing', ended: 'ended', silent: 'silent' },
    column: {
      node: 'Node', state: 'State', packetsPerSec: 'Packets/s', bitsPerSec: 'Bits/s', sessions: 'Open sessions', packets: 'Packets', lost: 'Lost', cpu: 'CPU', memory: 'Memory', free: 'Free disk', used: 'Packet files', oldest: 'Reaches back',
      stage: 'Stage', reason: 'Reason', interface: 'Interface', worker: 'Worker', inRange: 'Packets in this time',
    },
  },
  help: {
    tab: { language: 'Search language', fields: 'Fields', keys: 'Keyboard' }, api: 'HTTP API', lead: 'An expression compares fields with values and joins the comparisons. Press the Tab key in the search bar to complete; a click on any value of a session adds it.',
    try: 'Try one', run: 'Run', runThis: 'Run {expression}', valid: 'This is a valid expression.', filterFields: 'Find a field by name, label or meaning', fieldCount: '{n} fields | {n} field | {n} fields',
    column: { name: 'Name', label: 'Label', type: 'Type', help: 'Meaning', path: 'Document path' },
    type: { ip: 'IP', integer: 'number', float: 'number', seconds: 'time', date: 'time', termfield: 'text', lotermfield: 'text, lower case', uptermfield: 'text, upper case', textfield: 'words', lotextfield: 'words', fileand: 'file', viewand: 'view' },
    section: { basics: 'Comparing and joining', ip: 'Addresses', numbers: 'Numbers and sizes', text: 'Text', slow: 'What was slow', times: 'Times' },
    about: {
      basics: 'Not binds tightest, then and, then or; brackets group. A field with several values matches when one of them does; “!=” asks that none does.',
      ip: 'Without a direction the field means either end.', numbers: 'All six comparisons, lists and ranges.', text: 'A star stands for any run of characters, a question mark beside it for one. Regular expressions match the whole value.',
      slow: 'Measured while the traffic was read: counts and the slowest time of each session, by direction.', times: 'The range of the search is chosen beside the search bar; these compare further.',
    },
    example: {
      equals: 'Either end has this address', and: 'HTTP on another port than 80', group: 'DNS or TLS, with no private address of that network', words: 'Words instead of signs', exists: 'Sessions that have the field',
      cidr: 'Either end in a network', prefix: 'A shortened address is a network', ipPort: 'Address with port', ipList: 'One of several', country: 'Not to that country (or none known)',
      numberList: 'One of several, and a range', size: 'With a unit', less: 'Hardly any answer', length: 'Longer than a minute, in milliseconds',
      wildcard: 'Any host of a domain', regex: 'A regular expression', quoted: 'Quotes for spaces and signs', all: 'Has every one of these', list: 'Has one of these',
      slowSql: 'A SQL statement took more than half a second', slowHttp: 'A request took more than two seconds', retransmissions: 'The server sent more than ten segments again', handshake: 'The server took long to accept', failing: 'Answered with a server error',
      date: 'Began at or after', relative: 'Ended within the last two hours',
    },
  },
  keys: {
    title: 'Keyboard shortcuts', search: 'Go to the search expression', time: 'Choose the time range', refresh: 'Search again', step: 'One window earlier, later', move: 'Next, previous session', open: 'Open the session', panes: 'Fields, performance, packets', close: 'Close what is open', export: 'Export',
    upload: 'Import a capture', goto: 'Go to sessions, SPI view, SPI graph, connections, map, files, statistics, help, settings', column: 'Move the column in focus', width: 'Width of the column in focus', shortcuts: 'Show this list',
  },
  settings: {
    look: 'Appearance', language: 'Language', theme: 'Theme', zone: 'Time zone', zoneHint: 'Times are shown and read in it. Now: {now}', localZone: 'This computer ({zone})', table: 'Session list', columns: 'Columns', factory: 'As delivered', kept: 'None kept | {n} kept | {n} kept',
    account: 'Account', current: 'Current password', next: 'New password', again: 'New password again', change: 'Change the password', changed: 'The password is changed.', tooShort: 'At least {n} characters.', differ: 'The new passwords differ.', browser: 'These settings go with your account; recent searches stay in this browser.',
  },
}
