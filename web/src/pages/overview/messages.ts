import type { Messages } from '@/i18n/catalogues'
import { ENDS, KINDS, METRICS, ORDERS, SIZES, SLOW_KINDS, VIEWS } from './board'
import { DIRECTIONS, TROUBLES } from './figures'
import { TOTALS } from './totals'

export default {
  en: {
    page: { overview: 'Overview' },
    overview: {
      took: 'answered in {ms}', edit: 'Arrange', done: 'Done', add: 'Add a widget', reset: 'As delivered', print: 'Print or save as PDF', report: 'Network traffic report', made: 'Made {time} by {user}', range: 'Range', all: 'All time', expression: 'Search', everything: 'all sessions',
      emptyTitle: 'Nothing in this range', empty: 'No session in this range matches. A wider range or fewer conditions may help.', noBoard: 'There is no widget on this overview.', failed: 'This could not be counted', saveFailed: 'The arrangement is not kept: {why}',
      kind: { totals: 'Totals', timeline: 'Traffic over time', series: 'Values over time', top: 'Top values', map: 'Countries', fresh: 'New values', slow: 'Slowest', trouble: 'Errors and losses', direction: 'Direction', capture: 'Capture', alerts: 'Alerts' },
      about: {
        totals: 'Sessions, packets and bytes, with the change against the window before', timeline: 'Sessions, packets or bytes, both directions', series: 'A curve for each of the top values of a field', top: 'The most frequent values of a field', map: 'Where sources or destinations are',
        fresh: 'Seen in this window and not in the one before', slow: 'The slowest requests, statements or queries', trouble: 'Sessions with retransmissions, resets, errors', direction: 'Between inside and outside, by address', capture: 'What the sensors do, and what they lost', alerts: 'Threats and rules that were hit, the latest first',
      },
      size: { s: 'A third', m: 'Half', l: 'Two thirds', xl: 'Full width' }, sizeOf: 'Width of {name}', earlier: 'Move {name} before', later: 'Move {name} behind', remove: 'Remove {name}', settings: 'What {name} shows', moved: '{name} is now number {n} of {all}',
      option: { field: 'Field', end: 'End', transaction: 'Of', metric: 'Counted', view: 'Shown as', count: 'Values', order: 'First' },
      view: { bar: 'Bars', pie: 'Pie', table: 'Table' }, metric: { sessions: 'Sessions', packets: 'Packets', bytes: 'Bytes' }, order: { desc: 'Most', asc: 'Least' }, end: { src: 'Sources', dst: 'Destinations' }, transaction: { http: 'HTTP requests', sql: 'SQL statements', dns: 'DNS queries' },
      topTitle: '{field} by {metric}', leastTitle: '{field} by {metric}, least first', seriesTitle: '{field} over time, {metric}', mapTitle: 'Countries of {end}', freshTitle: 'New: {field}', slowTitle: 'Slowest {what}',
      total: { sessions: 'Sessions', packets: 'Packets', bytes: 'Bytes', dataBytes: 'Payload', size: 'As pcap', span: 'First to last packet' }, against: 'against the window before ({from} – {to})', noBefore: 'All time has no window before to compare with', isNew: 'new', same: 'unchanged',
      noValues: 'No session has a value here.', noSlow: 'None was measured in this range.', noFresh: 'Nothing new among the {n} most frequent values.', freshAll: 'All time has no window before: nothing can be new.', freshAbout: 'of the {n} most frequent; the window before ended {time}',
      trouble: { retransmissions: 'Retransmissions', lost: 'Segments not seen', zeroWindows: 'Zero windows', resets: 'Resets', noAnswer: 'Without an answer', http: 'HTTP server errors', sql: 'SQL errors', dns: 'DNS errors' },
      direction: { out: 'Inside to outside', in: 'Outside to inside', inside: 'Within', outside: 'Outside only' }, directionAbout: 'Inside: private and local addresses',
      noCapture: 'Nothing is captured live here; the sessions come from imported files.', silent: 'silent since {time}', running: 'capturing', rate: '{packets}/s · {bits}', free: '{percent} % disk free', lost: '{n} lost in this range', lostNothing: 'nothing lost in this range', more: 'Statistics', menu: 'More for {value}', carries: 'Curves may overlap: a session can have several values.',
      boards: 'Boards', saveAs: 'Save this board as', name: 'Name', save: 'Save', share: 'Everybody may see it', saved: 'Saved.', use: 'Use {name}', drop: 'Delete {name}', noBoards: 'No board is saved yet.', by: 'by {user}', replace: 'Replace {name} with what is shown', notKept: 'This server keeps no boards.', column: { value: 'Value' }, noPort: 'no port', noAlerts: 'No rule was hit in this range.', alertsOff: 'This server looks for no alerts.', allAlerts: 'All {n} alerts', hits: '{n} hits | {n} hit | {n} hits',
    },
  },
  zh: {
    page: { overview: '概览' },
    overview: {
      took: '用时 {ms}', edit: '调整布局', done: '完成', add: '添加组件', reset: '恢复默认', print: '打印或存为 PDF', report: '网络流量报告', made: '{user} 生成于 {time}', range: '时间范围', all: '全部时间', expression: '搜索条件', everything: '全部会话',
      emptyTitle: '此时段没有流量', empty: '此时段没有匹配的会话。可扩大时间范围或减少条件。', noBoard: '概览中没有组件。', failed: '统计失败', saveFailed: '布局未能保存：{why}',
      kind: { totals: '总量', timeline: '流量趋势', series: '字段趋势', top: '排行', map: '国家和地区', fresh: '新出现的值', slow: '最慢', trouble: '错误与丢失', direction: '方向', capture: '捕获', alerts: '告警' },
      about: {
        totals: '会话、包和字节，以及与前一时段相比的变化', timeline: '会话、包或字节，两个方向', series: '字段的每个主要取值一条曲线', top: '字段中出现最多的值', map: '来源或目的所在地',
        fresh: '在此时段出现、前一时段没有的值', slow: '最慢的请求、语句或查询', trouble: '有重传、复位、错误的会话', direction: '按地址区分内部与外部', capture: '各传感器的状态与丢失', alerts: '命中的威胁和规则，最近的在前',
      },
      size: { s: '三分之一', m: '一半', l: '三分之二', xl: '整行' }, sizeOf: '{name} 的宽度', earlier: '前移 {name}', later: '后移 {name}', remove: '移除 {name}', settings: '{name} 的内容', moved: '{name} 现在是第 {n} 个，共 {all} 个',
      option: { field: '字段', end: '一端', transaction: '对象', metric: '统计', view: '显示为', count: '个数', order: '排序' },
      view: { bar: '条形', pie: '饼图', table: '表格' }, metric: { sessions: '会话数', packets: '包数', bytes: '字节数' }, order: { desc: '最多', asc: '最少' }, end: { src: '来源', dst: '目的' }, transaction: { http: 'HTTP 请求', sql: 'SQL 语句', dns: 'DNS 查询' },
      topTitle: '{field}，按{metric}', leastTitle: '{field}，按{metric}，最少在前', seriesTitle: '{field} 趋势，{metric}', mapTitle: '{end}所在国家和地区', freshTitle: '新出现：{field}', slowTitle: '最慢的 {what}',
      total: { sessions: '会话', packets: '包', bytes: '字节', dataBytes: '载荷', size: '导出为 pcap', span: '首包至末包' }, against: '与前一时段（{from} – {to}）相比', noBefore: '全部时间没有可比较的前一时段', isNew: '新增', same: '持平',
      noValues: '没有会话含有该字段。', noSlow: '此时段没有测到。', noFresh: '出现最多的 {n} 个值中没有新值。', freshAll: '全部时间没有前一时段，无从比较。', freshAbout: '取自出现最多的 {n} 个值；前一时段止于 {time}',
      trouble: { retransmissions: '重传', lost: '未见的报文段', zeroWindows: '零窗口', resets: '复位', noAnswer: '没有应答', http: 'HTTP 服务器错误', sql: 'SQL 错误', dns: 'DNS 错误' },
      direction: { out: '内部到外部', in: '外部到内部', inside: '内部之间', outside: '外部之间' }, directionAbout: '内部：私有地址和本地地址',
      noCapture: '这里没有实时捕获，会话来自导入的文件。', silent: '自 {time} 起无消息', running: '捕获中', rate: '{packets}/秒 · {bits}', free: '磁盘剩余 {percent} %', lost: '此时段丢失 {n}', lostNothing: '此时段没有丢失', more: '统计', menu: '{value} 的更多操作', carries: '曲线可能重叠：一个会话可以有多个值。',
      boards: '看板', saveAs: '另存当前看板为', name: '名称', save: '保存', share: '所有人可见', saved: '已保存。', use: '使用 {name}', drop: '删除 {name}', noBoards: '还没有保存的看板。', by: '作者 {user}', replace: '用当前内容替换 {name}', notKept: '此服务器不保存看板。', column: { value: '值' }, noPort: '无端口', noAlerts: '此时段没有命中规则。', alertsOff: '此服务器不检测告警。', allAlerts: '全部 {n} 条告警', hits: '命中 {n} 次',
    },
  },
  built: [
    ...KINDS.flatMap((kind) => [`overview.kind.${kind}`, `overview.about.${kind}`]), ...SIZES.map((one) => `overview.size.${one}`), ...VIEWS.map((one) => `overview.view.${one}`), ...METRICS.map((one) => `overview.metric.${one}`),
    ...ORDERS.map((one) => `overview.order.${one}`), ...ENDS.map((one) => `overview.end.${one}`), ...SLOW_KINDS.map((one) => `overview.transaction.${one}`), ...TROUBLES.map((one) => `overview.trouble.${one.key}`), ...DIRECTIONS.map((one) => `overview.direction.${one.key}`),
    ...['field', 'end', 'transaction', 'metric', 'view', 'count', 'order'].map((one) => `overview.option.${one}`), ...TOTALS.map((one) => `overview.total.${one}`),
  ],
} satisfies Messages
