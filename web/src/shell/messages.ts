import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    palette: {
      title: 'Command palette', hint: 'Go to a page, run a search, find a field', none: 'Nothing of that name.', search: 'Search for this', refresh: 'Search again', clear: 'Clear the search', hunt: 'Hunt in the packets of this search', light: 'Light theme', dark: 'Dark theme',
      kind: { page: 'Pages', action: 'Actions', view: 'Views', recent: 'Recent searches', hunt: 'Hunts', field: 'Fields' },
    },
    keys: { palette: 'Command palette', arkime: 'As in Arkime: go to overview, sessions, SPI view, SPI graph, connections, hunt, help', arkimeSearch: 'As in Arkime: the search expression, the time range', hints: 'Hold to see which letter leads where' },
  },
  zh: {
    palette: {
      title: '命令面板', hint: '前往页面、执行搜索、查找字段', none: '没有这样的内容。', search: '搜索此内容', refresh: '重新搜索', clear: '清除搜索', hunt: '在此搜索的数据包中查找', light: '浅色主题', dark: '深色主题',
      kind: { page: '页面', action: '操作', view: '视图', recent: '最近的搜索', hunt: '搜包', field: '字段' },
    },
    keys: { palette: '命令面板', arkime: '同 Arkime：转到概览、会话、SPI 视图、SPI 图、连接、搜包、帮助', arkimeSearch: '同 Arkime：搜索表达式、时间范围', hints: '按住可查看各字母对应的页面' },
  },
  built: ['page', 'action', 'view', 'recent', 'hunt', 'field'].map((kind) => `palette.kind.${kind}`),
} satisfies Messages
