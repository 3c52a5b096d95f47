// The search of the page: read from the URL, changed by going to another URL.

import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import { useRoute, useRouter, type LocationQuery, type LocationQueryRaw, type RouteLocationNormalizedGeneric } from 'vue-router'
import type { CommonQuery } from '@/api/types'
import { preferences } from '@/design/preferences'
import { joined, type Join } from './expression'
import { resolve, toQuery, type Instants, type Range } from './range'
import { ownOf, readState, writeState, type SearchState } from './urlState'

/** When the current search began: the "now" of its relative times. */
const ranAt = ref(Date.now())
const runs = ref(0)

/** The search of the last page that had one, so that a look at the files does not lose it. */
const last = shallowRef<LocationQuery>({})

/** Called after each change of the route. */
export function rememberSearch(route: RouteLocationNormalizedGeneric): void {
  if (route.meta.search) last.value = route.query
}

/** A place in the viewer, as a link takes it. */
export interface Place {
  name: string
  query: LocationQueryRaw
}

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
  /** The address of the sessions of a search. */
  href: (patch: Partial<SearchState>) => string
  /** The same search, or a changed one, on another page; `own` are parameters of that page. */
  on: (page: string, patch?: Partial<SearchState>, own?: LocationQueryRaw) => Place
  /** Changes parameters of this page; null takes one out. The search stays. */
  setOwn: (own: Record<string, string | null>, options?: { replace?: boolean }) => void
}

export function useSearch(): Search {
  const route = useRoute()
  const router = useRouter()
  const state = computed(() => readState(route.meta.search ? route.query : last.value))

  const on = (page: string, patch: Partial<SearchState> = {}, own: LocationQueryRaw = {}): Place => ({
    name: page,
    // a place in the packets belongs to the session it was found in
    query: { ...own, ...writeState({ ...state.value, ...('open' in patch ? { at: '' } : {}), ...patch }) },
  })
  /** A page with a search keeps its own parameters when the search changes; from all others a search leads to the sessions. */
  const location = (patch: Partial<SearchState>): Place =>
    route.meta.search ? on(String(route.name), patch, ownOf(route.query)) : on('sessions', patch)

  function adjust(patch: Partial<SearchState>, options: { replace?: boolean } = {}): void {
    if (options.replace) void router.replace(location(patch))
    else void router.push(location(patch))
  }

  function refresh(): void {
    ranAt.value = Date.now()
    runs.value++
  }

  function search(patch: Partial<SearchState>): void {
    const to = location({ start: 0, open: '', picked: [], ...patch })
    const same = router.resolve(to).fullPath === route.fullPath
    refresh()
    if (!same) void router.push(to)
  }

  function setOwn(own: Record<string, string | null>, options: { replace?: boolean } = {}): void {
    const here = location({})
    const query = Object.fromEntries(Object.entries({ ...here.query, ...own }).filter(([, value]) => value !== null))
    const to = { ...here, query }
    void (options.replace ? router.replace(to) : router.push(to))
  }

  const instants = computed(() => resolve(state.value.range, ranAt.value, preferences.zone))
  const common = computed<CommonQuery>(() => ({
    ...toQuery(state.value.range, ranAt.value, preferences.zone),
    bounding: state.value.bounding === 'last' ? undefined : state.value.bounding,
    expression: state.value.expression || undefined,
    view: state.value.viewId || undefined,
  }))

  return {
    state, ranAt, runs, instants, common, search, adjust, refresh,
    add: (term, join) => search({ expression: joined(state.value.expression, join, term) }),
    href: (patch) => router.resolve(on('sessions', { start: 0, open: '', picked: [], ...patch })).href,
    on: (page, patch, own) => on(page, { start: 0, open: '', picked: [], ...patch }, own),
    setOwn,
  }
}

/** The range before the timeline was brushed, to go back to. */
export const beforeZoom = ref<Range | null>(null)
