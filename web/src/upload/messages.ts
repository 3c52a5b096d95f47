import type { Messages } from '@/i18n/catalogues'

export default {
  en: { page: { upload: 'Import' }, upload: { showAll: 'Show the sessions of all', alsoAt: 'Files that lie on the server are read with', device: 'Device of alerts and evidence', deviceHint: 'A number keeps them apart from live ones; rules look at the capture then. Empty: as configured.' } },
  zh: { page: { upload: '导入' }, upload: { showAll: '查看全部会话', alsoAt: '服务器上的文件用以下命令导入：', device: '告警与证据的设备编号', deviceHint: '填写编号可与实时数据分开，并用规则检查此文件。留空：按配置。' } },
} satisfies Messages
