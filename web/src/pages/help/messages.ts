import type { Messages } from '@/i18n/catalogues'
import { MISTAKES, SECTIONS, TROUBLES } from './reference'

export default {
  en: {
    help: {
      tab: { trouble: 'Troubleshooting' }, take: 'Put it into the bar above', finds: 'Finds {n} sessions of all time | Finds {n} session of all time | Finds {n} sessions of all time', group: 'Group', allGroups: 'All groups', allKinds: 'All types', who: 'Sessions that have the field',
      make: { list: 'Make a list', view: 'Make a view', file: 'Import a file', tag: 'Tag sessions' },
      section: { lists: 'Lists', own: 'What you made yourself', names: 'Names of fields' },
      about: {
        lists: 'Square brackets: one of them. The other way round: all of them. In a list a comma or bracket of a value needs a backslash or quotes.',
        own: 'Lists of values, views, files and tags stand in an expression, too, and can be shared.',
        names: 'Every field answers to several names: its own, older and ECS names, and its path in the document. A family asks all fields of a kind at once. The tab Fields lists them all.',
      },
      example: {
        missing: 'Sessions without a value', none: 'None of its values is this one', onlyPort: 'Either end has the port', version: 'IPv6; ipv4 likewise', v6Port: 'An IPv6 address with a port, after a dot', ipRange: 'From one address to another', protocolName: 'By name or by number',
        address: 'http:// and https:// do not matter', tokens: 'One word of a name', payload: 'The first bytes of the payload', mixed: 'Texts, wildcards and expressions together', shortcut: 'One of the values of the list', view: 'What the view finds', file: 'Packets lie in this file; only the first packets count where a session goes over several', tag: 'With the tag', hunt: 'Found by a hunt',
        family: 'Any field that holds a host', alias: 'The ECS name and the older name', path: 'By the path in the document', iso: 'In ISO 8601, with its time zone', snap: 'All of yesterday: what follows the at sign is rounded down to, here days', week: 'Since Monday of last week; w0 is Sunday', cert: 'With a certificate that has run out',
      },
      situations: 'What to do when', mistakes: 'Messages and what was meant', mistakesHint: 'The messages below come from this server, just now.',
      mistake: {
        field: 'No field is called so. The tab Fields finds it by what it means.', quotes: 'A value with spaces or signs stands in quotes.', apostrophes: 'Text is quoted with the double sign.', brackets: 'Every bracket that opens has to close.', end: 'After a joining word another comparison has to follow.', operator: 'Text is equal, unlike, or like a pattern; it is not greater.',
        contains: 'Parts are found with stars around them.', ipWildcard: 'Addresses are compared by network.', ipName: 'Names stand in fields of hosts.', star: 'That a field has a value at all is asked with EXISTS!', slash: 'A slash inside an expression between slashes gets a backslash.', listCompare: 'Greater and less compare with one value.', twoFields: 'A field is compared with a value, not with another field.',
        noList: 'The list does not exist, or is not shared with you: see Settings, Lists of values.', noView: 'The view does not exist, or is not shared with you: see Settings, Views.', time: 'A time is a date, or counted from now: minutes m, hours h, days d, weeks w, months mon; after an at sign it is rounded down.',
      },
      trouble: {
        nothing: { q: 'A search finds nothing', a: 'Look at the time range first: the list says how many sessions match in all time, and one click shows them. By default a session belongs to the range when its last packet does; the time picker offers other rules. Then leave conditions out one by one.' },
        limit: { q: 'The time range is refused, or sessions of others are not shown', a: 'An administrator can limit how far a search reaches back and narrow every search by an expression. Your account menu leads to what your account may do.' },
        gone: { q: 'A session is there, its packets are not', a: 'Packets are deleted when the disk needs the room; what a session was about is kept longer. The packet pane names the file that is missing. Pin what you will need: in the list, Actions, Pin.' },
        places: { q: 'No countries or cities are shown', a: 'Places need geographic data files at the time of capture or import: a folder with MaxMind files (.mmdb) is named with --geo or in hindsight.toml. Private addresses have no place. A file without cities gives countries only.' },
        losses: { q: 'Sessions have gaps, or the timeline shows red marks', a: 'Red marks are packets that the capture lost; Statistics says at which stage and why: the ring of the kernel (more workers or a larger ring), the disk (faster or more disks), memory (its bound in the configuration). Gaps without marks were lost before the capture, for instance at the mirror port.' },
        huntMissed: { q: 'A hunt says that some sessions were not searched', a: 'Their packets are gone or could not be read; the details of the hunt name them. A hunt looks at as many packets of each session as its form says: choose more, or Reassembled for what lies across packets.' },
        tls: { q: 'TLS is not decrypted', a: 'It needs the keys of the connection: a key log (SSLKEYLOGFILE) added in the packet pane, or in the capture itself (pcapng). You need the right to decrypt. The whole handshake has to be among the packets.' },
        slow: { q: 'A search takes long', a: 'A shorter range is answered sooner than a longer one, equality sooner than a regular expression that begins with .*, and the sessions list sooner than pages that count everything. Every search can be stopped beside the search bar.' },
        known: { q: 'An import says 0 sessions', a: 'The capture is known already: the same file is not read twice, and the link leads to its sessions. A file of a link type that is not understood, or a damaged one, says so with its place.' },
        locked: { q: 'I cannot log in', a: 'After several wrong passwords an address has to wait for some minutes. An administrator sets a new password under Users and roles; on the machine itself “hindsight user password NAME” does.' },
        moreThanShown: { q: 'The list ends before all sessions are shown', a: 'The list ends after 500,000 rows. Narrow the search, or export what matches: exports have no such end.' },
      },
    },
  },
  zh: {
    help: {
      tab: { trouble: '故障排除' }, take: '放入上方的输入框', finds: '在全部时间内找到 {n} 个会话', group: '分组', allGroups: '所有分组', allKinds: '所有类型', who: '含有该字段的会话',
      make: { list: '新建值列表', view: '新建视图', file: '导入文件', tag: '给会话加标签' },
      section: { lists: '列表', own: '您自己创建的内容', names: '字段名称' },
      about: {
        lists: '方括号表示其中之一；方括号反过来表示全部都有。列表中的值若含逗号或括号，需加反斜杠或引号。',
        own: '值列表、视图、文件和标签也可用于表达式，并可共享。',
        names: '每个字段有多个名称：自己的名称、旧名称与 ECS 名称，以及文档路径。字段族一次查询同类的所有字段。“字段”页列出全部字段。',
      },
      example: {
        missing: '没有该字段的会话', none: '所有值都不是它', onlyPort: '任意一端为此端口', version: 'IPv6；ipv4 同理', v6Port: 'IPv6 地址加端口，用点分隔', ipRange: '从一个地址到另一个地址', protocolName: '按名称或编号',
        address: '不计 http:// 与 https://', tokens: '名称中的一个词', payload: '载荷的前几个字节', mixed: '文本、通配符与正则表达式混用', shortcut: '值列表中的任意一个', view: '视图找到的会话', file: '数据包在此文件中；会话跨多个文件时按第一个包计', tag: '带有此标签', hunt: '被搜包任务找到',
        family: '任何主机字段', alias: 'ECS 名称与旧名称', path: '按文档路径', iso: 'ISO 8601 格式，含时区', snap: '昨天全天：at 符号之后表示取整到该单位，这里是天', week: '自上周一起；w0 是星期日', cert: '含有已过期的证书',
      },
      situations: '遇到以下情况怎么办', mistakes: '错误信息与正确写法', mistakesHint: '以下错误信息由本服务器即时给出。',
      mistake: {
        field: '没有这样的字段。可在“字段”页按含义查找。', quotes: '含空格或符号的值要加引号。', apostrophes: '文本用双引号。', brackets: '每个左括号都要有右括号。', end: '连接词之后还要有一个比较。', operator: '文本只能相等、不等或匹配模式，没有大小之分。',
        contains: '查找部分内容时前后加星号。', ipWildcard: '地址按网段比较。', ipName: '名称在主机字段中。', star: '查询字段是否有值用 EXISTS!', slash: '两条斜杠之间的斜杠前要加反斜杠。', listCompare: '大于、小于只能与一个值比较。', twoFields: '字段只能与值比较，不能与另一个字段比较。',
        noList: '该值列表不存在或未共享给您：见“设置”中的“值列表”。', noView: '该视图不存在或未共享给您：见“设置”中的“视图”。', time: '时间写成日期，或从现在算起：分 m、时 h、天 d、周 w、月 mon；at 符号之后表示向下取整。',
      },
      trouble: {
        nothing: { q: '搜索没有结果', a: '先看时间范围：列表会说明全部时间内有多少会话匹配，点击即可查看。默认以最后一个包的时间判断会话是否属于该范围，时间选择器中可改用其他规则。然后逐个去掉条件。' },
        limit: { q: '时间范围被拒绝，或看不到别人的会话', a: '管理员可以限制搜索可回溯的时间，也可以给每次搜索附加一个表达式。可在账户菜单中查看您的权限。' },
        gone: { q: '会话还在，数据包却没有了', a: '磁盘空间不足时会删除数据包，会话信息保留得更久。数据包窗格会说明缺少哪个文件。需要长期保留的请固定：会话列表 → 操作 → 固定。' },
        places: { q: '没有显示国家或城市', a: '位置信息需要在捕获或导入时提供地理数据文件：用 --geo 或在 hindsight.toml 中指定含有 MaxMind 文件（.mmdb）的文件夹。私有地址没有位置；不含城市的数据文件只能给出国家。' },
        losses: { q: '会话中有缺口，或时间轴上有红色标记', a: '红色标记表示捕获时丢失的数据包；“统计”页说明在哪一阶段、因何丢失：内核环形缓冲区（增加工作线程或加大缓冲区）、磁盘（更快或更多的磁盘）、内存（配置中的上限）。没有标记的缺口在捕获之前就已丢失，例如在镜像端口。' },
        huntMissed: { q: '搜包任务提示有些会话未被搜索', a: '这些会话的数据包已不存在或无法读取，任务详情中列出了它们。任务只查看每个会话的若干个包：可选择更多的包；跨包的内容请选择“重组后”。' },
        tls: { q: 'TLS 没有解密', a: '需要该连接的密钥：在数据包窗格中添加密钥日志（SSLKEYLOGFILE），或密钥就在捕获文件中（pcapng）。您还需要解密的权限，且数据包中要有完整的握手。' },
        slow: { q: '搜索很慢', a: '较短的时间范围更快；相等比较比以 .* 开头的正则表达式更快；会话列表比需要统计全部数据的页面更快。任何搜索都可以在搜索栏旁停止。' },
        known: { q: '导入显示 0 个会话', a: '该捕获文件已导入过：同一文件不会重复读取，链接会带您到它的会话。链路类型无法识别或已损坏的文件会说明具体位置。' },
        locked: { q: '无法登录', a: '多次输错密码后，该地址需要等待几分钟。管理员可在“用户与角色”中设置新密码；在服务器上可使用 “hindsight user password 用户名”。' },
        moreThanShown: { q: '列表没有显示全部会话', a: '列表最多显示 50 万行。请缩小搜索范围，或导出匹配的会话：导出没有此限制。' },
      },
    },
  },
  built: [
    ...SECTIONS.flatMap((section) => [`help.section.${section.key}`, `help.about.${section.key}`, ...section.examples.map((one) => `help.example.${one.key}`)]),
    ...MISTAKES.map((one) => `help.mistake.${one.key}`), ...TROUBLES.flatMap((key) => [`help.trouble.${key}.q`, `help.trouble.${key}.a`]),
    ...['language', 'fields', 'keys', 'trouble'].map((tab) => `help.tab.${tab}`), ...['list', 'view', 'file', 'tag'].map((need) => `help.make.${need}`),
  ],
} satisfies Messages
