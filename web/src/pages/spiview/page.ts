import { ListChecks } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'spiview', path: 'spiview', load: () => import('./SpiViewPage.vue'), icon: ListChecks, place: 'main', order: 30, search: true, keys: 'g v' } satisfies Page
