import { Upload } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'upload', path: 'upload', load: () => import('./UploadPage.vue'), icon: Upload, place: 'main', order: 100, keys: 'g i', may: (user) => user.canUpload !== false } satisfies Page
