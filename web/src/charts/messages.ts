import type { Messages } from '@/i18n/catalogues'

export default {
  en: { charts: { noMap: 'The map could not be loaded', nothing: 'nothing', bars: 'Bars', lines: 'Lines' } },
  zh: { charts: { noMap: '地图无法加载', nothing: '无', bars: '柱状', lines: '折线' } },
} satisfies Messages
