import type { Messages } from '@/i18n/catalogues'
import { BASELINES, VIEWS, VISIBLE } from './state'

export default {
  en: {
    page: { connections: 'Connections' },
    conn: {
      src: 'From', dst: 'To', min: 'Least links', length: 'Sessions looked at', baseline: 'Compare with', visible: 'Show', view: 'Shown as', views: { graph: 'Graph', links: 'Links', nodes: 'Nodes' },
      before: { '0': 'Nothing', '1x': 'the range before', '2x': 'twice the range', '4x': '4 times', '6x': '6 times', '8x': '8 times', '10x': '10 times', '1': '1 hour', '6': '6 hours', '24': '24 hours', '48': '2 days', '72': '3 days', '168': '1 week', '336': '2 weeks', '720': '1 month', '1440': '2 months', '4380': '6 months', '8760': '1 year' },
      show: { all: 'Everything', actual: 'In the range', actualold: 'In the range, and gone', new: 'Only new', old: 'Only gone' },
      role: { src: 'Source', dst: 'Destination', both: 'Both' }, seen: { new: 'new', old: 'gone', kept: 'in both' }, legend: 'Legend', node: 'Node', link: 'Link',
      counts: '{nodes} nodes, {links} links', looked: 'of {n} sessions looked at', all: 'of all sessions', left: '{n} lighter nodes are in the lists only', find: 'Find a node', closer: 'Closer', wider: 'Wider', fit: 'Fit to the window', unlock: 'Unlock all', again: 'Arrange anew',
      undo: 'Show the last hidden', showAll: 'Show hidden ({n})', export: 'Export', png: 'Picture (PNG)', csv: 'Links (CSV)', json: 'Nodes and links (JSON)', links: '{n} links', hide: 'Hide', lock: 'Lock', unlockOne: 'Unlock', neighbours: 'Linked with', close: 'Close the facts', facts: 'Facts', addFact: 'Add a field', removeFact: 'Remove {field}', more: 'and {n} more', listed: 'The first {n} of {all}; narrow the search or export to see all.',
      title: 'Who talks with whom: {nodes} nodes, {links} links. The lists show the same as tables.', empty: 'No connections', emptyHint: 'No session of this search has values of both fields. Choose other fields, a wider range, or fewer least links.', allTime: 'A comparison needs a range of time; choose one beside the search.',
    },
  },
  zh: {
    page: { connections: '连接' },
    conn: {
      src: '从', dst: '到', min: '最少连接数', length: '查看的会话数', baseline: '对比', visible: '显示', view: '显示方式', views: { graph: '图', links: '连线', nodes: '节点' },
      before: { '0': '不对比', '1x': '之前的同样时长', '2x': '之前 2 倍时长', '4x': '4 倍', '6x': '6 倍', '8x': '8 倍', '10x': '10 倍', '1': '1 小时', '6': '6 小时', '24': '24 小时', '48': '2 天', '72': '3 天', '168': '1 周', '336': '2 周', '720': '1 个月', '1440': '2 个月', '4380': '6 个月', '8760': '1 年' },
      show: { all: '全部', actual: '本时段内', actualold: '本时段内及已消失', new: '仅新出现', old: '仅已消失' },
      role: { src: '源', dst: '目的', both: '两者' }, seen: { new: '新出现', old: '已消失', kept: '两者都有' }, legend: '图例', node: '节点', link: '连线',
      counts: '{nodes} 个节点，{links} 条连线', looked: '查看了 {n} 个会话', all: '查看了全部会话', left: '另有 {n} 个较小的节点仅在列表中', find: '查找节点', closer: '放大', wider: '缩小', fit: '适应窗口', unlock: '全部解锁', again: '重新排列',
      undo: '恢复上一个隐藏的节点', showAll: '显示隐藏的节点（{n}）', export: '导出', png: '图片（PNG）', csv: '连线（CSV）', json: '节点和连线（JSON）', links: '{n} 条连线', hide: '隐藏', lock: '锁定', unlockOne: '解锁', neighbours: '相连的节点', close: '关闭详情', facts: '详情', addFact: '添加字段', removeFact: '移除 {field}', more: '以及另外 {n} 个', listed: '共 {all} 项，显示前 {n} 项；可缩小搜索范围或导出以查看全部。',
      title: '谁与谁通信：{nodes} 个节点，{links} 条连线。列表以表格显示相同内容。', empty: '没有连接', emptyHint: '本次搜索的会话没有同时具有这两个字段的值。请选择其他字段、更大的时间范围或更小的最少连接数。', allTime: '对比需要时间范围，请在搜索框旁选择。',
    },
  },
  built: [...BASELINES.map((one) => `conn.before.${one}`), ...VISIBLE.map((one) => `conn.show.${one}`), ...VIEWS.map((one) => `conn.views.${one}`), ...['src', 'dst', 'both'].map((one) => `conn.role.${one}`), ...['new', 'old', 'kept'].map((one) => `conn.seen.${one}`)],
} satisfies Messages
