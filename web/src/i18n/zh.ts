// 中文。键与英文目录相同（有测试）。

export default {
  common: {
    close: '关闭', cancel: '取消', retry: '重试', loading: '加载中…', copied: '已复制', src: '源', dst: '目的', source: '源端', destination: '目的端',
  },
  page: { sessions: '会话', files: '文件', stats: '统计', help: '帮助', settings: '设置', nowhere: '页面不存在', login: '登录' },
  shell: { skip: '跳到正文', pages: '页面', account: '账户 {name}', logOut: '退出登录', nowhere: '没有这个页面' },
  theme: { system: '跟随系统', light: '浅色', dark: '深色' },
  login: {
    title: '登录', tagline: '网络流量回溯', user: '用户名', password: '密码', submit: '登录', show: '显示密码', hide: '隐藏密码',
    wrong: '用户名或密码错误。', locked: '尝试次数过多，请在 {n} 秒后重试。',
    hint: '首次启动时，终端会显示 admin 的密码。',
  },
  search: {
    placeholder: '搜索，例如  protocols == http && perf.http.time > 2s', expression: '搜索表达式', clear: '清空', history: '最近的搜索',
    noHistory: '此浏览器的搜索会列在这里。', forget: '全部清除',
  },
  range: {
    back: '前移一个窗口', forward: '后移一个窗口', quick: '快捷范围', custom: '起止时间', start: '开始', stop: '结束', pick: '用日历选择',
    unreadable: '无法识别的时间。', teach: '也可用相对时间：', bounding: '会话归入该范围的条件', apply: '应用', hours: '最近 {n} 小时',
    bounded: {
      last: '最后一个包在范围内', first: '第一个包在范围内', both: '整个会话在范围内', either: '与范围有重叠', database: '入库时间在范围内',
    },
    named: { last15m: '最近 15 分钟', today: '今天', yesterday: '昨天', lastNight: '昨夜', thisWeek: '本周', lastWeek: '上周' },
    preset: {
      '1': '最近 1 小时', '6': '最近 6 小时', '12': '最近 12 小时', '24': '最近 24 小时', '48': '最近 2 天', '72': '最近 3 天', '168': '最近 1 周', '336': '最近 2 周',
      '720': '最近 1 个月', '1440': '最近 2 个月', '4380': '最近半年', '8760': '最近 1 年', '-1': '全部时间',
    },
  },
  timeline: {
    title: '时间轴', metric: '时间轴指标', metrics: { sessions: '会话', packets: '数据包', bytes: '字节', databytes: '载荷' },
    totals: '{sessions} 个会话 · {packets} 个包 · {bytes}', per: '每格 {span}', wider: '缩小', closer: '放大', unzoom: '回到缩放之前', none: '此范围内没有数据',
  },
  sessions: {
    list: '会话列表', stop: '停止搜索', refresh: '重新搜索', count: '{n} 个会话', of: '共 {n} 个 · {ms}',
    failedShort: '没有结果', wrong: '无法理解该表达式', failed: '搜索失败', failedHint: '宁可不显示，也不显示不完整的结果。', fix: '修改表达式',
    empty: '没有找到', emptyHint: '此范围内没有匹配的会话。请放宽时间范围或减少条件。', emptyStore: '这里还没有数据',
    outside: '全部时间内有 {n} 个匹配的会话。', showAll: '搜索全部时间', dropExpression: '去掉表达式',
    howToImport: '把抓包文件拖到此页面，或运行', noCatalog: '字段列表未加载', sortHint: '按此列排序；按住 Shift 追加排序', capped: '列表最多显示 {n} 行，请缩小搜索范围。',
  },
  columns: {
    button: '列', shown: '已显示', reset: '恢复默认', filter: '在 {n} 个字段中查找', none: '没有这样的字段。', more: '还有 {n} 个，输入文字以缩小范围', up: '将 {name} 左移', down: '将 {name} 右移', remove: '移除 {name}',
  },
  column: {
    firstPacket: '开始时间', lastPacket: '结束时间', length: '时长', protocols: '协议', source: '源端', destination: '目的端', packets: '包数', bytes: '字节', databytes: '载荷',
    perf: '性能', info: '摘要',
  },
  mark: {
    hunted: '搜包 {name} 命中',
    retransmissions: '重传的报文段', lost: '未见到的报文段', zeroWindows: '零窗口', errors: '失败的事务', http: '最慢的 HTTP 请求', sql: '最慢的 SQL 语句', dns: '最慢的 DNS 查询', handshake: 'TCP 握手',
    short: { retransmissions: '重传', lost: '丢失', zeroWindows: '零窗', errors: '错误', http: 'http', sql: 'sql', dns: 'dns', handshake: '握手' },
  },
  menu: {
    and: '并且等于此值', andNot: '并且不等于此值', or: '或者等于此值', orNot: '或者不等于此值', only: '只搜索此值', newTab: '在新标签页中搜索', sessions: '查看这些会话', copy: '复制值', copyTerm: '复制为表达式', exists: '并且该字段存在',
    top: '出现最多的值', showColumn: '添加为列', hideColumn: '移除该列', sort: '按此字段排序', copyField: '复制字段名',
  },
  top: {
    title: '{field} 的取值', about: '本次搜索的会话中 {exp} 的取值，按次数排列', failed: '无法统计取值', none: '本次搜索的会话中没有该字段的值', filter: '筛选取值', count: '{n} 个值', more: '另有 {n} 个，筛选后可见',
  },
  detail: {
    title: '会话详情', link: '复制此视图的链接', export: '导出此会话', dockBottom: '显示在列表下方', dockRight: '显示在列表右侧', resize: '详情区大小', failed: '无法加载该会话',
    packets: '{n} 个包', linked: '此会话的所有分段', filter: '筛选字段和值', noMatch: '没有匹配的字段。', more: '还有 {n} 个', pane: { fields: '字段', perf: '性能', packets: '数据包' },
  },
  group: {
    general: '通用', other: '其他', http: 'HTTP', dns: 'DNS', tls: 'TLS', cert: '证书', quic: 'QUIC', ssh: 'SSH', email: '邮件', ftp: 'FTP', dhcp: 'DHCP', mysql: 'MySQL', postgresql: 'PostgreSQL', icmp: 'ICMP', arp: 'ARP',
  },
  perf: {
    none: '此会话没有测量数据。', handshake: 'TCP 握手', serverShare: '服务端', clientShare: '客户端', transport: '传输层', clean: '无重传、无丢失、无零窗口。',
    count: { retransmissions: '重传', lost: '未见报文段', outoforder: '乱序', dupacks: '重复 ACK', zerowindows: '零窗口' },
    kind: { http: 'HTTP', sql: 'SQL', dns: 'DNS' }, summary: '{n} 次应答 · 首字节 {first}', errors: '{n} 次失败', transactions: '事务', order: '排序', bySlowest: '最慢优先', byTime: '按时间', wait: '等待首字节', transfer: '传输',
    firstByte: '首字节 {time}', rows: '{n} 行', notListed: '另有 {n} 个较快的事务已计数，但未列出。',
  },
  packets: {
    title: '数据包', view: '视图', views: { stream: '会话内容', packets: '逐包' }, base: '载荷显示为', bases: { utf8: 'UTF-8', natural: 'ASCII', hex: '十六进制' }, sides: '显示的方向', headers: '显示含头部的整帧',
    find: '在数据包中查找', notFound: '未找到', previous: '上一个', next: '下一个', download: '下载', asPcap: '下载 pcap', asPcapng: '下载 pcapng', rawSrc: '源端载荷', rawDst: '目的端载荷',
    missing: '缺少 {file}：', failed: '无法读取数据包', noPayload: '所示数据包没有载荷。', nothing: '没有可显示的数据包。', partial: '已加载 {n} / {total} 个包', more: '加载更多', rest: '再显示 {n}',
    gap: '此处缺失 {n}', delta: '距前一个包', since: '距第一个包', cut: '捕获 {n}',
  },
  export: {
    button: '导出', title: '导出', about: '下载前先统计文件将包含的内容。', format: '格式', formats: { pcap: '数据包，通用格式', pcapng: '数据包，含接口信息与纳秒时间', csv: '当前各列的表格', json: '完整的会话文档' },
    scope: '会话', all: '全部匹配', one: '打开的会话', segments: '长会话的分段', segment: { no: '仅找到的分段', time: '包含时间范围内的关联分段', all: '包含所有时间的关联分段' },
    bpf: '包过滤器（BPF）', bpfHint: '语法同 tcpdump。留空则导出全部数据包。', slice: '仅导出一段时间内的数据包', order: '结束时间早于开始时间。', check: '文件将包含的内容', checking: '统计中…', sessions: '会话', packets: '数据包', size: '大小', mostPackets: '数据包（至多）', mostSize: '大小（至多）', mixed: '这些数据包来自多种链路类型，一个 pcap 文件无法容纳。',
    missing: '{n} 个文件的数据包已缺失', affected: '{n} 个会话', nothing: '没有可导出的内容。', download: '下载 {format}',
  },
  upload: {
    button: '导入', title: '导入抓包文件', about: '文件会被解析为会话，随即可以查看。', tags: '标签', tagsHint: '例如：incident-42, backoffice', drop: '把抓包文件拖到这里', dropHere: '松开即可导入', choose: '选择文件',
    kinds: 'pcap 与 pcapng，可用 gzip 或 zstd 压缩', phase: { waiting: '等待', sending: '发送', importing: '解析', done: '完成', failed: '失败', cancelled: '已取消' }, result: '{sessions} 个会话，{packets} 个包', show: '查看会话', clear: '清除已完成',
  },
  files: {
    count: '{n} / {all} 个文件', filter: '按文件名筛选', failed: '无法列出文件', noMatch: '没有这样的文件', empty: '还没有抓包文件', sessions: '会话', locked: '保留', lockedHint: '不会被自动清理', pages: '文件分页',
    column: { num: '编号', node: '节点', name: '文件', filesize: '大小', packets: '包数', first: '第一个包', lastTimestamp: '最后一个包' },
  },
  stats: {
    span: '显示的时间', node: '节点', interface: '接口', allNodes: '所有节点', allInterfaces: '所有接口', asOf: '截至 {time}', pause: '停止跟随', follow: '跟随', refresh: '重新读取', failed: '无法读取统计信息',
    empty: '尚未进行过捕获', howTo: '实时捕获会把统计信息保存在这里。启动命令：', nothingLost: '没有丢失', capturing: '已捕获 {span}', since: '自 {time} 起无消息', sessionsThen: '这段时间的会话', workers: '工作线程', lossAt: '{n} {unit}：{why}', lossHere: '此处有丢失', lossMore: '另有 {n} 类',
    range: { m15: '15 分钟', h1: '1 小时', h6: '6 小时', h24: '24 小时', d7: '7 天', d30: '30 天', y1: '1 年' },
    chart: { packets: '每秒包数', bits: '每秒比特数', lost: '丢失（按阶段）', sessions: '进行中的会话', began: '每秒会话数', memory: '内存', cpu: '处理器', disk: '磁盘剩余空间', queue: '队列' },
    curve: { packets: '捕获', written: '写入', captured: '捕获', writtenBits: '写入', open: '进行中', began: '新建', documents: '文档', process: '进程', held: '进行中的会话', cpu: '单核占比', free: '剩余', waiting: '等待索引的文档', stalls: '每秒等待磁盘次数' },
    stage: { kernel: '内核', source: '数据源', disk: '磁盘', memory: '内存', index: '索引' },
    reason: {
      kernel: { ring: '环形缓冲区已满，被内核丢弃' }, source: { damaged: '在环形缓冲区中损坏' },
      disk: { slow: '磁盘过慢，未写入', full: '磁盘已满，未写入', error: '出错，未写入', other: '未写入', evidence: '磁盘过慢，证据包丢失', 'evidence-error': '出错，证据包未写入' },
      memory: { fragments: '内存不足，放弃重组', streams: '内存不足，放弃流中的缺口' },
      index: { slow: '索引过慢，未入库', stopped: '停止捕获时未入库', refused: '被索引拒绝', other: '未入库' },
    },
    unit: { packets: '个包', documents: '个文档', datagrams: '个数据报', holes: '处缺口' },
    state: { running: '运行中', closing: '正在结束', ended: '已结束', silent: '无消息' },
    column: {
      node: '节点', state: '状态', packetsPerSec: '包/秒', bitsPerSec: '比特/秒', sessions: '进行中的会话', packets: '包数', lost: '丢失', cpu: 'CPU', memory: '内存', free: '磁盘剩余', used: '数据包文件', oldest: '可回溯',
      stage: '阶段', reason: '原因', interface: '接口', worker: '线程', inRange: '此时段包数',
    },
  },
  help: {
    tab: { language: '搜索语言', fields: '字段', keys: '键盘' }, api: 'HTTP 接口', lead: '表达式将字段与值比较，并把多个比较连接起来。在搜索栏中按 Tab 键补全；点击会话中的任意值即可加入表达式。',
    try: '试一试', run: '运行', runThis: '运行 {expression}', valid: '表达式有效。', filterFields: '按名称、标签或含义查找字段', fieldCount: '{n} 个字段',
    column: { name: '名称', label: '标签', type: '类型', help: '含义', path: '文档路径' },
    type: { ip: 'IP', integer: '数字', float: '数字', seconds: '时间', date: '时间', termfield: '文本', lotermfield: '文本（小写）', uptermfield: '文本（大写）', textfield: '分词', lotextfield: '分词', fileand: '文件', viewand: '视图' },
    section: { basics: '比较与连接', ip: '地址', numbers: '数字与大小', text: '文本', slow: '哪里慢', times: '时间' },
    about: {
      basics: '优先级：非最高，其次与，再次或；可用括号分组。多值字段只要有一个值匹配即匹配；“!=” 要求没有任何值匹配。',
      ip: '不带方向的字段指任意一端。', numbers: '支持六种比较、列表和区间。', text: '星号代表任意多个字符，与其同用时问号代表一个字符。正则表达式匹配整个值。',
      slow: '在解析流量时测得：每个会话按方向统计的次数与最慢时间。', times: '搜索的时间范围在搜索栏旁选择；这里可以进一步比较。',
    },
    example: {
      equals: '任意一端为此地址', and: '不在 80 端口上的 HTTP', group: 'DNS 或 TLS，且不涉及该私有网段', words: '用单词代替符号', exists: '含有该字段的会话',
      cidr: '任意一端在网段内', prefix: '简写的地址表示网段', ipPort: '地址加端口', ipList: '其中之一', country: '目的不是该国家（或未知）',
      numberList: '其中之一，以及一个区间', size: '带单位', less: '几乎没有应答', length: '超过一分钟，单位毫秒',
      wildcard: '某个域的任意主机', regex: '正则表达式', quoted: '含空格或符号时加引号', all: '同时具有这些值', list: '具有其中之一',
      slowSql: '某条 SQL 语句超过半秒', slowHttp: '某个请求超过两秒', retransmissions: '服务端重传超过十个报文段', handshake: '服务端接受连接缓慢', failing: '以服务器错误应答',
      date: '在此时刻或之后开始', relative: '最近两小时内结束',
    },
  },
  keys: {
    title: '键盘快捷键', search: '转到搜索表达式', time: '选择时间范围', refresh: '重新搜索', step: '前移、后移一个窗口', move: '下一个、上一个会话', open: '打开会话', panes: '字段、性能、数据包', close: '关闭当前打开的内容', export: '导出',
    upload: '导入抓包文件', goto: '转到会话、SPI 视图、SPI 图、连接、地图、文件、统计、帮助、设置', column: '移动焦点所在的列', width: '焦点所在列的宽度', shortcuts: '显示此列表',
  },
  settings: {
    look: '外观', language: '语言', theme: '主题', zone: '时区', zoneHint: '时间按此时区显示和输入。现在：{now}', localZone: '本机（{zone}）', table: '会话列表', columns: '列', factory: '默认', kept: '保存了 {n} 条',
    account: '账户', current: '当前密码', next: '新密码', again: '再次输入新密码', change: '修改密码', changed: '密码已修改。', tooShort: '至少 {n} 个字符。', differ: '两次输入的新密码不一致。', browser: '以上设置随账户保存；最近的搜索只保存在此浏览器中。',
  },
}
