import { Waypoints } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'connections', path: 'connections', load: () => import('./ConnectionsPage.vue'), icon: Waypoints, place: 'main', order: 50, search: true, keys: 'g c' } satisfies Page
