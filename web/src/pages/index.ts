// The pages: each folder beside this file has a page.ts that says where the page is and how one gets there.

import type { Component } from 'vue'
import type { User } from '@/api/types'

export interface Page {
  /** Name of the route; `page.<name>` is the title. */
  name: string
  /** Path below `/`. */
  path: string
  load: () => Promise<unknown>
  icon: Component
  /** Where the link stands in the rail: with the others, at the foot, or in the account's menu. */
  place: 'main' | 'foot' | 'account'
  /** Links stand in this order. */
  order: number
  /** It looks at the sessions of the search in its URL: going there keeps the search. */
  search?: boolean
  /** Keys that go there from anywhere, as `g s`. */
  keys?: string
  /** Who sees the link; the server decides on its own what it answers. */
  may?: (user: User) => boolean
}

export const PAGES: readonly Page[] = Object.values(import.meta.glob<Page>('./*/page.ts', { eager: true, import: 'default' })).sort((a, b) => a.order - b.order)
