import type { Messages } from '@/i18n/catalogues'

export default {
  en: { page: { upload: 'Import' }, upload: { showAll: 'Show the sessions of all', alsoAt: 'Files that lie on the server are read with' } },
  zh: { page: { upload: '导入' }, upload: { showAll: '查看全部会话', alsoAt: '服务器上的文件用以下命令导入：' } },
} satisfies Messages
