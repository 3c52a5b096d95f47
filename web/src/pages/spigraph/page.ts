import { ChartSpline } from '@lucide/vue'
import type { Page } from '@/pages'

export default { name: 'spigraph', path: 'spigraph', load: () => import('./SpiGraphPage.vue'), icon: ChartSpline, place: 'main', order: 40, search: true, keys: 'g g' } satisfies Page
