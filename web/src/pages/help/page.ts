import { CircleHelp } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'help', path: 'help', load: () => import('./HelpPage.vue'), icon: CircleHelp, place: 'foot', order: 10, keys: 'g h' } satisfies Page
