import { ListTree } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'sessions', path: 'sessions', load: () => import('./SessionsPage.vue'), icon: ListTree, place: 'main', order: 20, search: true, keys: 'g s' } satisfies Page
