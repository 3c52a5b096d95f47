import type { Messages } from '@/i18n/catalogues'
import { SORTS, TYPES } from './state'

export default {
  en: {
    page: { spigraph: 'SPI graph' },
    spigraph: {
      field: 'Field', within: 'Within it', add: 'Add a field within', remove: 'Remove {field}', size: 'Values', sort: 'Order', sorts: { graph: 'Most first', name: 'By name' }, kind: 'Timelines as', view: 'Shown as',
      type: { default: 'Timelines', pie: 'Pie', table: 'Table', treemap: 'Treemap', sankey: 'Sankey' }, refresh: 'Search again every', never: 'Only when asked', seconds: '{n} s', csv: 'CSV', csvHint: 'Download the table as CSV',
      values: 'The values', whole: 'All sessions of the search', map: 'Countries of {value}', noMap: 'no places known', timeline: 'Timeline of {value}', value: 'Value', share: 'Share', empty: 'No session of this search has a value of this field', emptyHint: 'Choose another field, or a wider range.',
      sankeyHint: 'A sankey shows what the values of two or more fields have in common. Add a field within {field}.', onlySessions: 'Several fields are counted in sessions.',
    },
  },
  zh: {
    page: { spigraph: 'SPI 图' },
    spigraph: {
      field: '字段', within: '下级字段', add: '添加下级字段', remove: '移除 {field}', size: '值的数量', sort: '排序', sorts: { graph: '从多到少', name: '按名称' }, kind: '时间线样式', view: '显示方式',
      type: { default: '时间线', pie: '饼图', table: '表格', treemap: '矩形树图', sankey: '桑基图' }, refresh: '自动重新搜索', never: '仅手动', seconds: '{n} 秒', csv: 'CSV', csvHint: '将表格下载为 CSV',
      values: '各个值', whole: '本次搜索的全部会话', map: '{value} 的国家和地区', noMap: '没有已知的位置', timeline: '{value} 的时间线', value: '值', share: '占比', empty: '本次搜索的会话没有该字段的值', emptyHint: '请选择其他字段或更大的时间范围。',
      sankeyHint: '桑基图显示两个或更多字段的值之间的关系。请在 {field} 下添加字段。', onlySessions: '多个字段按会话数统计。',
    },
  },
  built: [...TYPES.map((one) => `spigraph.type.${one}`), ...SORTS.map((one) => `spigraph.sorts.${one}`)],
} satisfies Messages
