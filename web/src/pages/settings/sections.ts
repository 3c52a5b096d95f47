// The parts of the settings, each at its own address (`?section=`).

import { Bell, Clock, Columns3, Eye, KeyRound, ListOrdered, Settings2 } from '@lucide/vue'
import { defineAsyncComponent, type Component } from 'vue'
import { hasRole } from '@/account'

export interface Section {
  key: string
  icon: Component
  component: Component
  may?: () => boolean
}

export const SECTIONS: readonly Section[] = [
  { key: 'general', icon: Settings2, component: defineAsyncComponent(() => import('./GeneralSection.vue')) },
  { key: 'security', icon: KeyRound, component: defineAsyncComponent(() => import('./SecuritySection.vue')) },
  { key: 'layouts', icon: Columns3, component: defineAsyncComponent(() => import('./LayoutsSection.vue')) },
  { key: 'views', icon: Eye, component: defineAsyncComponent(() => import('./ViewsSection.vue')) },
  { key: 'lists', icon: ListOrdered, component: defineAsyncComponent(() => import('./ListsSection.vue')) },
  { key: 'queries', icon: Clock, component: defineAsyncComponent(() => import('./QueriesSection.vue')) },
  { key: 'notifiers', icon: Bell, component: defineAsyncComponent(() => import('./NotifiersSection.vue')), may: () => hasRole('arkimeAdmin') },
]
