import { Settings } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'settings', path: 'settings', load: () => import('./SettingsPage.vue'), icon: Settings, place: 'foot', order: 20, keys: 'g ,' } satisfies Page
