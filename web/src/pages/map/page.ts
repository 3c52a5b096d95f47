import { Globe } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'map', path: 'map', load: () => import('./MapPage.vue'), icon: Globe, place: 'main', order: 60, search: true, keys: 'g m' } satisfies Page
