// A table whose rows the server sorts, filters and cuts into pages: what is shown stands in the URL, one request at a time, asked again
// every few seconds where the page wants it.

import { computed, onBeforeUnmount, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'
import * as api from '@/api'
import type { Rows, TableQuery } from '@/api/lists'

export interface Column<K extends string = string> {
  key: K
  right?: boolean
  /** The server cannot sort by it. */
  fixed?: boolean
}

export interface TableState {
  filter: string
  sort: string
  desc: boolean
  start: number
}

const one = (query: LocationQuery, key: string): string => {
  const value = query[key]
  return typeof value === 'string' ? value : ''
}

/** The state of a table in the URL; what is not named there is as the page comes with it. */
export function readTable(query: LocationQuery, keys: readonly string[], fallback: { sort: string; desc: boolean }): TableState {
  const sort = one(query, 'sort')
  const known = keys.includes(sort)
  const dir = one(query, 'dir')
  return {
    filter: one(query, 'filter'),
    sort: known ? sort : fallback.sort,
    desc: dir ? dir === 'desc' : known && sort !== fallback.sort ? true : fallback.desc,
    start: Math.max(0, Math.floor(Number(one(query, 'start')) || 0)),
  }
}

export interface Table<T, A extends Rows<T>> {
  rows: ComputedRef<T[]>
  answer: ShallowRef<A | null>
  total: ComputedRef<number>
  all: ComputedRef<number>
  length: number
  state: ComputedRef<TableState>
  busy: Ref<boolean>
  error: Ref<string>
  /** Milliseconds of the last answer. */
  took: Ref<number>
  /** Changes parameters of the URL; empty ones leave it. A change of what is listed goes back to the first row. */
  go: (patch: Record<string, string | undefined>) => void
  sortBy: (key: string) => void
  /** As `go`, a moment after the last key. */
  type: (key: string, value: string) => void
  load: (quietly?: boolean) => Promise<void>
  stop: () => void
}

export interface Options<T, A extends Rows<T>> {
  columns: readonly Column[]
  sort: string
  desc: boolean
  length?: number
  /** Parameters of the URL that belong to the question too. */
  params?: readonly string[]
  ask: (query: TableQuery, params: Record<string, string>, signal: AbortSignal) => Promise<A>
  /** Milliseconds until it is asked again on its own; 0 for never. */
  every?: () => number
  /** The page sorts, filters and cuts by itself: what the URL says of that asks nothing anew. */
  local?: boolean
  /** Anything else that makes the page ask again. */
  also?: () => unknown
}

export function useTable<T, A extends Rows<T> = Rows<T>>(options: Options<T, A>): Table<T, A> {
  const route = useRoute()
  const router = useRouter()
  const here = route.name
  const length = options.length ?? 100
  const keys = options.columns.filter((column) => !column.fixed).map((column) => column.key)
  const state = computed(() => readTable(route.query, keys, options))
  const params = computed(() => Object.fromEntries((options.params ?? []).map((key) => [key, one(route.query, key)])))
  const answer: ShallowRef<A | null> = shallowRef(null)
  const busy = ref(true)
  const error = ref('')
  const took = ref(0)

  function go(patch: Record<string, string | undefined>): void {
    const query = { ...route.query, ...('start' in patch ? {} : { start: undefined }), ...patch }
    void router.replace({ query: Object.fromEntries(Object.entries(query).filter(([, value]) => value)), hash: route.hash })
  }
  function sortBy(key: string): void {
    const { sort, desc } = state.value
    go({ sort: key, dir: sort === key ? (desc ? 'asc' : 'desc') : 'desc' })
  }
  let typing: ReturnType<typeof setTimeout> | undefined
  function type(key: string, value: string): void {
    clearTimeout(typing)
    typing = setTimeout(() => go({ [key]: value || undefined }), 250)
  }

  let asked: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  function stop(): void {
    clearTimeout(timer)
    asked?.abort()
    asked = undefined
    busy.value = false
  }
  async function load(quietly = false): Promise<void> {
    stop()
    const mine = (asked = new AbortController())
    if (!quietly) busy.value = true
    const began = performance.now()
    const { filter, sort, desc, start } = state.value
    try {
      const got = await options.ask({ start, length, sortField: sort, desc, filter }, params.value, mine.signal)
      if (asked !== mine) return
      answer.value = got
      error.value = ''
    } catch (problem) {
      if (asked !== mine || api.isAbort(problem)) return
      if (!quietly) answer.value = null
      error.value = api.describe(problem)
    }
    took.value = performance.now() - began
    busy.value = false
    // goes on also after an error: the server may just be starting again
    const every = options.every?.() ?? 0
    if (every > 0) timer = setTimeout(() => void load(true), every)
  }
  watch(
    () => JSON.stringify([options.local ? null : state.value, params.value, options.also?.()]),
    () => route.name === here && void load(),
    { immediate: true },
  )
  onBeforeUnmount(() => {
    clearTimeout(typing)
    stop()
  })

  return {
    rows: computed(() => answer.value?.data ?? []),
    answer,
    total: computed(() => answer.value?.recordsFiltered ?? 0),
    all: computed(() => answer.value?.recordsTotal ?? 0),
    length, state, busy, error, took, go, sortBy, type, load, stop,
  }
}
