import { ShieldAlert } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'alerts', path: 'alerts', load: () => import('./AlertsPage.vue'), icon: ShieldAlert, place: 'main', order: 25, search: true, keys: 'g a' } satisfies Page
