import { LayoutDashboard } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'overview', path: 'overview', load: () => import('./OverviewPage.vue'), icon: LayoutDashboard, place: 'main', order: 10, search: true, keys: 'g o' } satisfies Page
