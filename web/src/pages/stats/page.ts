import { Activity } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'stats', path: 'stats', load: () => import('./StatsPage.vue'), icon: Activity, place: 'main', order: 90, keys: 'g t', may: (user) => !user.hideStats } satisfies Page
