import { ScrollText } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'rules', path: 'rules', load: () => import('./RulesPage.vue'), icon: ScrollText, place: 'account', order: 15, keys: 'g l' } satisfies Page
