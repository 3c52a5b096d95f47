import { ServerCog } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'assets', path: 'assets', load: () => import('./AssetsPage.vue'), icon: ServerCog, place: 'main', order: 65, search: true, keys: 'g e' } satisfies Page
