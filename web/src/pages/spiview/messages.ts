import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    page: { spiview: 'SPI view' },
    group: { perf: 'Performance', websocket: 'WebSocket', nbns: 'NetBIOS names', socks: 'SOCKS', ldap: 'LDAP', opcua: 'OPC UA' },
    spi: {
      title: 'What is in these sessions', progress: '{done} of {all} fields', find: 'Find a field', categories: 'Groups of fields', loadAll: 'All fields', closeAll: 'Close all', fields: 'Fields', openFields: '{n} open',
      loadGroup: 'Open all', closeGroup: 'Close all', more: 'More values', less: 'Fewer', rest: '{n} in other values', graph: 'SPI graph of {field}', export: 'Download all values of {field} with their counts', close: 'Close {field}',
      empty: 'No values in this search', none: 'Choose fields', noneHint: 'Open a group on the left, or find a field by its name. The values of each open field are counted in the sessions of the search.', noMatch: 'No field is called so.', asked: 'counting…', waiting: 'waiting',
      layouts: 'Layouts', layoutsNone: 'Keep the open fields under a name to have them again.', save: 'Keep the open fields as…', name: 'Name', keep: 'Keep', kept: '“{name}” is kept.', removed: '“{name}” is removed.', remove: 'Remove {name}', factory: 'As delivered', replace: 'There is a layout of this name: it is replaced.', sessions: '{n} sessions of this protocol',
    },
  },
  zh: {
    page: { spiview: 'SPI 视图' },
    group: { perf: '性能', websocket: 'WebSocket', nbns: 'NetBIOS 名称', socks: 'SOCKS', ldap: 'LDAP', opcua: 'OPC UA' },
    spi: {
      title: '这些会话里有什么', progress: '{done} / {all} 个字段', find: '查找字段', categories: '字段分组', loadAll: '全部字段', closeAll: '全部关闭', fields: '字段', openFields: '已打开 {n} 个',
      loadGroup: '全部打开', closeGroup: '全部关闭', more: '更多值', less: '收起', rest: '其他值共 {n}', graph: '{field} 的 SPI 图', export: '下载 {field} 的全部值及计数', close: '关闭 {field}',
      empty: '本次搜索中没有值', none: '请选择字段', noneHint: '打开左侧的分组，或按名称查找字段。每个打开的字段都会统计搜索结果中的值。', noMatch: '没有这样的字段。', asked: '统计中…', waiting: '等待中',
      layouts: '布局', layoutsNone: '把打开的字段存为布局，以后可直接使用。', save: '将打开的字段另存为…', name: '名称', keep: '保存', kept: '已保存“{name}”。', removed: '已删除“{name}”。', remove: '删除 {name}', factory: '默认', replace: '已有同名布局，将被替换。', sessions: '该协议有 {n} 个会话',
    },
  },
} satisfies Messages
