import { History } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'history', path: 'history', load: () => import('./HistoryPage.vue'), icon: History, place: 'account', order: 10, keys: 'g y' } satisfies Page
