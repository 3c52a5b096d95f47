// The parts of the settings, each at its own address (`?section=`).

import { Bell, Clock, Columns3, Eye, KeyRound, ListOrdered, Palette, Settings2 } from '@lucide/vue'
import { defineAsyncComponent, type Component } from 'vue'
import { hasRole } from '@/account'

export interface Section {
  key: string
  icon: Component
  component: Component
  may?: () => boolean
  /** Also of other users, for those who administer them; what is shared belongs to nobody's settings. */
  others?: boolean
}

export const SECTIONS: readonly Section[] = [
  { key: 'general', icon: Settings2, component: defineAsyncComponent(() => import('./GeneralSection.vue')), others: true },
  { key: 'theme', icon: Palette, component: defineAsyncComponent(() => import('./ThemeSection.vue')), others: true },
  { key: 'security', icon: KeyRound, component: defineAsyncComponent(() => import('./SecuritySection.vue')), others: true },
  { key: 'layouts', icon: Columns3, component: defineAsyncComponent(() => import('./LayoutsSection.vue')), others: true },
  { key: 'views', icon: Eye, component: defineAsyncComponent(() => import('./ViewsSection.vue')) },
  { key: 'lists', icon: ListOrdered, component: defineAsyncComponent(() => import('./ListsSection.vue')) },
  { key: 'queries', icon: Clock, component: defineAsyncComponent(() => import('./QueriesSection.vue')) },
  { key: 'notifiers', icon: Bell, component: defineAsyncComponent(() => import('./NotifiersSection.vue')), may: () => hasRole('arkimeAdmin') },
]
