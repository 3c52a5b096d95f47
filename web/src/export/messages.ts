import type { Messages } from '@/i18n/catalogues'
import { SCOPES } from './scope'

export default {
  en: { scope: { title: 'Sessions', picked: 'Picked', visible: 'In view', all: 'All that match' } },
  zh: { scope: { title: '会话', picked: '已选', visible: '当前可见', all: '全部匹配' } },
  built: SCOPES.map((one) => `scope.${one}`),
} satisfies Messages
