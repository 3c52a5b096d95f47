import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    table: {
      before: 'Previous', after: 'Next', live: 'Follow', paused: 'Stop following', refresh: 'Read again', columns: 'Columns', took: 'in {ms}',
    },
    confirm: { sure: 'This cannot be undone.', remove: 'Delete', removed: 'Deleted.' },
  },
  zh: {
    table: {
      before: '上一页', after: '下一页', live: '跟随', paused: '停止跟随', refresh: '重新读取', columns: '列', took: '用时 {ms}',
    },
    confirm: { sure: '此操作无法撤销。', remove: '删除', removed: '已删除。' },
  },
} satisfies Messages
