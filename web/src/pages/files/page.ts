import { FileStack } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'files', path: 'files', load: () => import('./FilesPage.vue'), icon: FileStack, place: 'main', order: 80, keys: 'g f', may: (user) => !user.hideFiles } satisfies Page
