// The search of the page: read from the URL, changed by going to another URL.

import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { CommonQuery } from '@/api/types'
import { preferences } from '@/design/preferences'
import { joined, type Join } from './expression'
import { resolve, toQuery, type Instants, type Range } from './range'
import { readState, writeState, type SearchState } from './urlState'

/** When the current search began: the "now" of its relative times. */
const ranAt = ref(Date.now())
const runs = ref(0)

export interface Search {
  state: ComputedRef<SearchState>
  ranAt: Ref<number>
  runs: Ref<number>
  instants: ComputedRef<Instants | null>
  common: ComputedRef<CommonQuery>
  /** A new search: the list starts at its top, nothing is open. */
  search: (patch: Partial<SearchState>) => void
  /** The same search, looked at in another way. */
  adjust: (patch: Partial<SearchState>, options?: { replace?: boolean }) => void
  refresh: () => void
  add: (term: string, join: Join) => void
  href: (patch: Partial<SearchState>) => string
}

export function useSearch(): Search {
  const route = useRoute()
  const router = useRouter()
  const state = computed(() => readState(route.query))

  const location = (patch: Partial<SearchState>) => ({
    name: 'sessions',
    query: writeState({ ...state.value, ...patch }),
  })

  function adjust(patch: Partial<SearchState>, options: { replace?: boolean } = {}): void {
    if (options.replace) void router.replace(location(patch))
    else void router.push(location(patch))
  }

  function refresh(): void {
    ranAt.value = Date.now()
    runs.value++
  }

  function search(patch: Partial<SearchState>): void {
    const to = location({ start: 0, open: '', ...patch })
    const same = router.resolve(to).fullPath === route.fullPath
    refresh()
    if (!same) void router.push(to)
  }

  const instants = computed(() => resolve(state.value.range, ranAt.value, preferences.zone))
  const common = computed<CommonQuery>(() => ({
    ...toQuery(state.value.range, ranAt.value, preferences.zone),
    bounding: state.value.bounding === 'last' ? undefined : state.value.bounding,
    expression: state.value.expression || undefined,
  }))

  return {
    state, ranAt, runs, instants, common, search, adjust, refresh,
    add: (term, join) => search({ expression: joined(state.value.expression, join, term) }),
    href: (patch) => router.resolve(location({ start: 0, open: '', ...patch })).href,
  }
}

/** The range before the timeline was brushed, to go back to. */
export const beforeZoom = ref<Range | null>(null)
