import type { Messages } from '@/i18n/catalogues'
import { ACTION_KINDS } from './actions'

export default {
  en: {
    columns: { info: 'Info fields', auto: 'What fits each protocol' },
    sort: { button: 'Sort', title: 'Sorted by', turn: 'Turn the order of {name} round', desc: 'Descending', asc: 'Ascending', up: 'Sort by {name} earlier', down: 'Sort by {name} later', remove: 'Do not sort by {name}', add: 'Then by…' },
    layouts: { title: 'Kept layouts', use: 'Use {name}', replace: 'Replace {name} with what is shown', drop: 'Delete {name}', name: 'Name of the layout', keep: 'Keep', kept: 'The layout {name} is kept.' },
    density: { roomy: 'Roomy rows', dense: 'Dense rows' },
    pick: {
      one: 'Pick this session', all: 'Pick those in view', openAll: 'Open all in view', closeAll: 'Close all', strip: 'Picked sessions', previous: 'Previous picked session', next: 'Next picked session', count: '{n} picked | {n} picked | {n} picked', at: '{n} of {all}',
      limit: 'At most {n} sessions can be picked; an action on all that match takes any number.',
    },
    countries: { button: 'Map', title: 'Countries of the sessions found', src: 'Sources', dst: 'Destinations' },
    unique: { title: 'Values and combinations', about: 'Every value of a field, or every combination of the values of several, one a line.', fields: 'Fields', add: 'Add a field', counts: 'With counts', byValue: 'Sorted by value', sep: 'Between them', preview: 'How the file begins', none: 'Choose a field.', download: 'Download' },
    act: {
      menu: 'Actions', onPicked: 'The {n} picked session | The {n} picked session | The {n} picked sessions', onAll: 'The sessions of this search', noRight: 'You have no right to remove data.', done: 'Done.', hunt: 'Hunt in their packets', cron: 'Periodic query of this search', viewHint: 'Keep the search as a view: the eye in the search bar.',
      addTags: 'Add tags', removeTags: 'Remove tags', pin: 'Pin their packets', unpin: 'End a pin', remove: 'Delete sessions',
      about: { addTags: 'Tags can be searched for: tags == name.', removeTags: 'Takes tags away from the sessions that have them.', pin: 'Pinned packets are kept although retention would delete them.', unpin: 'The packets of a pin are again deleted with the others.', remove: 'Deleted sessions cannot be brought back.' },
      do: { addTags: 'Add', removeTags: 'Remove', pin: 'Pin', unpin: 'End the pin', remove: 'Delete' },
      changed: { addTags: '{n} sessions tagged | {n} session tagged | {n} sessions tagged', removeTags: 'Tags removed from {n} sessions | Tags removed from {n} session | Tags removed from {n} sessions', pin: '{n} sessions pinned', unpin: 'The pin is ended', remove: '{n} sessions deleted | {n} session deleted | {n} sessions deleted' },
      tags: 'Tags', tagsHint: 'Separated by commas; letters, digits, - _ and :', name: 'Name', nameHint: 'Without one it is given one.', until: 'Until', untilHint: 'For example +30d or 2027/01/31. Empty: for good.', which: 'Pin', noPins: 'Nothing is pinned.',
      scrub: 'Overwrite their packets too, where the packet files allow it', sure: 'Yes, delete these {n} sessions | Yes, delete this {n} session | Yes, delete these {n} sessions',
    },
    cron: { name: 'Name', tags: 'Tags that its hits get', about: 'Every new session that the search finds is tagged, and notifiers tell about it.', since: 'Begins with', sinceNew: 'new sessions only', sinceHours: 'those of the last {n} hours', sinceAll: 'all sessions', notifiers: 'Notify', none: 'There are no notifiers; an administrator makes them in the settings.', make: 'Make', made: 'The periodic query {name} is made.', query: 'Search' },
  },
  zh: {
    columns: { info: '信息字段', auto: '按协议自动选择' },
    sort: { button: '排序', title: '排序依据', turn: '反转 {name} 的顺序', desc: '降序', asc: '升序', up: '提前 {name}', down: '推后 {name}', remove: '不按 {name} 排序', add: '再按…' },
    layouts: { title: '保存的布局', use: '使用 {name}', replace: '用当前内容替换 {name}', drop: '删除 {name}', name: '布局名称', keep: '保存', kept: '布局 {name} 已保存。' },
    density: { roomy: '宽松行距', dense: '紧凑行距' },
    pick: {
      one: '选择此会话', all: '选择当前可见的会话', openAll: '打开当前可见的全部', closeAll: '全部关闭', strip: '已选会话', previous: '上一个已选会话', next: '下一个已选会话', count: '已选 {n} 个', at: '第 {n} 个，共 {all} 个',
      limit: '最多可选 {n} 个会话；对“全部匹配”的操作没有数量限制。',
    },
    countries: { button: '地图', title: '所找到会话的国家和地区', src: '来源', dst: '目的' },
    unique: { title: '取值与组合', about: '一个字段的所有取值，或多个字段取值的所有组合，每行一个。', fields: '字段', add: '添加字段', counts: '带次数', byValue: '按值排序', sep: '分隔符', preview: '文件开头', none: '请选择字段。', download: '下载' },
    act: {
      menu: '操作', onPicked: '已选的 {n} 个会话', onAll: '此搜索的会话', noRight: '您没有删除数据的权限。', done: '完成。', hunt: '在这些数据包中搜寻', cron: '将此搜索设为定期查询', viewHint: '将搜索存为视图：点击搜索栏中的眼睛图标。',
      addTags: '添加标签', removeTags: '移除标签', pin: '保留数据包', unpin: '取消保留', remove: '删除会话',
      about: { addTags: '标签可用于搜索：tags == 名称。', removeTags: '从带有这些标签的会话中移除标签。', pin: '被保留的数据包不会被自动清理。', unpin: '取消后，其数据包将与其他数据包一样被清理。', remove: '删除的会话无法恢复。' },
      do: { addTags: '添加', removeTags: '移除', pin: '保留', unpin: '取消保留', remove: '删除' },
      changed: { addTags: '已为 {n} 个会话添加标签', removeTags: '已从 {n} 个会话移除标签', pin: '已保留 {n} 个会话', unpin: '已取消保留', remove: '已删除 {n} 个会话' },
      tags: '标签', tagsHint: '用逗号分隔；可用字母、数字、- _ 和 :', name: '名称', nameHint: '留空则自动命名。', until: '截止', untilHint: '例如 +30d 或 2027/01/31。留空：永久。', which: '保留项', noPins: '没有保留项。',
      scrub: '同时覆写其数据包（在文件格式允许时）', sure: '确定删除这 {n} 个会话',
    },
    cron: { name: '名称', tags: '给命中的会话加标签', about: '此搜索找到的每个新会话都会被加上标签，并由通知器发出通知。', since: '起始于', sinceNew: '仅新会话', sinceHours: '最近 {n} 小时的会话', sinceAll: '所有会话', notifiers: '通知', none: '还没有通知器，管理员可在设置中创建。', make: '创建', made: '定期查询 {name} 已创建。', query: '搜索' },
  },
  built: ACTION_KINDS.flatMap((kind) => [`act.${kind}`, `act.about.${kind}`, `act.do.${kind}`, `act.changed.${kind}`]),
} satisfies Messages
