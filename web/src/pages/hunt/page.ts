import { Crosshair } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'hunt', path: 'hunt', load: () => import('./HuntPage.vue'), icon: Crosshair, place: 'main', order: 70, search: true, keys: 'g u', may: (user) => user.packetSearch !== false && !user.hidePcap } satisfies Page
