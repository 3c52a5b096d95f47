import type { Messages } from '@/i18n/catalogues'

export default {
  en: { menu: { dns: 'Reverse DNS', noName: 'no name', unique: 'All values with counts', spiGraph: 'SPI graph of the field' } },
  zh: { menu: { dns: '反向 DNS', noName: '没有名称', unique: '所有取值及次数', spiGraph: '该字段的 SPI 图' } },
} satisfies Messages
