// The sessions of the current search: pages fetched as they come into view, the timeline beside them.

import { computed, onBeforeUnmount, ref, shallowRef, triggerRef, watch, type ComputedRef } from 'vue'
import * as api from '@/api'
import type { Graph, SessionDoc, SessionsAnswer } from '@/api/types'
import { formatSort } from '@/search/urlState'
import { isAll } from '@/search/range'
import { failureOf, newCancelId, type Failure } from '@/search/useAnswer'
import { useSearch } from '@/search/useSearch'
import { finer } from './timeline'

export const PAGE = 100
/** Rows kept in memory; those far from the view are dropped first. */
const KEEP = 4000
/** A browser cannot draw a taller list; beyond this a narrower search is the remedy. */
export const MAX_ROWS = 500_000

interface Running {
  abort: AbortController
  cancelId: string
  done: boolean
}

/** `map`: countries are wanted beside the timeline. */
export function useResults(fields: ComputedRef<string>, map: () => boolean = () => false) {
  const { state, common, runs } = useSearch()
  const rows = shallowRef(new Map<number, SessionDoc>())
  const total = ref(0)
  const everything = ref(0)
  const busy = ref(true)
  const graphBusy = ref(true)
  const graph = shallowRef<Graph | null>(null)
  const countries = shallowRef<SessionsAnswer['map']>({})
  const failure = ref<Failure | null>(null)
  const took = ref(0)
  /** Rises with each answer to a new search; the list scrolls to its start. */
  const generation = ref(0)

  const pages = new Map<number, AbortController>()
  let running: Running | null = null
  let drawing: AbortController | null = null
  let drawingId = ''
  let current = ''

  const query = computed(() => ({ ...common.value, order: formatSort(state.value.sort), fields: fields.value }))

  function stop(): void {
    for (const page of pages.values()) page.abort()
    pages.clear()
    if (running && !running.done) {
      running.abort.abort()
      api.cancel(running.cancelId).catch(() => undefined) // too late is no harm
    }
    running = null
    busy.value = false
  }

  function fail(error: unknown): void {
    failure.value = failureOf(error, state.value.expression)
  }

  async function begin(): Promise<void> {
    stop()
    const first = Math.floor(state.value.start / PAGE)
    const mine: Running = { abort: new AbortController(), cancelId: newCancelId(), done: false }
    running = mine
    current = JSON.stringify(query.value)
    busy.value = true
    const startedAt = performance.now()
    try {
      const answer = await api.sessions({ ...query.value, start: first * PAGE, length: PAGE, cancelId: mine.cancelId }, mine.abort.signal)
      if (running !== mine) return
      took.value = performance.now() - startedAt
      failure.value = answer.error ? { message: answer.error, span: answer.errorSpan, expression: true } : null
      rows.value = new Map(answer.data.map((doc, i) => [first * PAGE + i, doc]))
      total.value = answer.error ? 0 : answer.recordsFiltered
      everything.value = answer.recordsTotal
      generation.value++
    } catch (error) {
      if (running !== mine || api.isAbort(error)) return
      rows.value = new Map()
      total.value = 0
      fail(error)
    }
    mine.done = true
    busy.value = false
  }

  function stopDrawing(): void {
    if (graphBusy.value && drawing && !drawing.signal.aborted) {
      drawing.abort()
      api.cancel(drawingId).catch(() => undefined)
    }
    graphBusy.value = false
  }

  async function draw(): Promise<void> {
    stopDrawing()
    const mine = (drawing = new AbortController())
    const cancelId = (drawingId = newCancelId())
    graphBusy.value = true
    try {
      const answer = await api.sessions({ ...common.value, facets: 1, map: map() || undefined, interval: 'auto', length: 0, cancelId }, mine.signal)
      if (drawing !== mine) return
      countries.value = answer.map ?? {}
      graph.value = answer.error ? null : (answer.graph ?? null)
      const interval = graph.value && isAll(state.value.range) ? finer(graph.value) : null
      if (interval) {
        const again = await api.sessions({ ...common.value, facets: 1, interval, length: 0, cancelId }, mine.signal)
        if (drawing === mine && again.graph) graph.value = again.graph
      }
    } catch {
      if (drawing === mine && !mine.signal.aborted) graph.value = null // the list says what went wrong
    }
    if (drawing === mine) graphBusy.value = false
  }

  async function fetchPage(page: number): Promise<void> {
    const mine = new AbortController()
    pages.set(page, mine)
    const asked = current
    try {
      const answer = await api.sessions({ ...query.value, start: page * PAGE, length: PAGE }, mine.signal)
      if (asked !== current) return
      answer.data.forEach((doc, i) => rows.value.set(page * PAGE + i, doc))
      triggerRef(rows)
    } catch (error) {
      if (asked === current && !api.isAbort(error)) fail(error)
    } finally {
      if (pages.get(page) === mine) pages.delete(page)
    }
  }

  /** Rows `from..to` are in view. */
  function need(from: number, to: number): void {
    if (busy.value || failure.value) return
    const last = Math.min(to, total.value - 1)
    const wanted = new Set<number>()
    for (let page = Math.floor(from / PAGE); page <= Math.floor(last / PAGE); page++) wanted.add(page)
    for (const [page, abort] of pages) if (!wanted.has(page)) abort.abort()
    for (const page of wanted) {
      const start = page * PAGE
      const whole = [Math.max(from, start), Math.min(last, start + PAGE - 1)].every((row) => rows.value.has(row))
      if (!whole && !pages.has(page)) void fetchPage(page)
    }
    if (rows.value.size > KEEP) {
      const middle = (from + to) / 2
      for (const row of [...rows.value.keys()]) if (Math.abs(row - middle) > KEEP / 3) rows.value.delete(row)
    }
  }

  // A search changes the URL and its "now" in two steps; one request is enough for both.
  let listTimer: ReturnType<typeof setTimeout> | undefined
  let graphTimer: ReturnType<typeof setTimeout> | undefined
  watch([() => JSON.stringify(query.value), runs], () => {
    clearTimeout(listTimer)
    busy.value = true
    listTimer = setTimeout(() => void begin(), 8)
  }, { immediate: true })
  watch([() => JSON.stringify(common.value), runs, map], () => {
    clearTimeout(graphTimer)
    graphTimer = setTimeout(() => void draw(), 8)
  }, { immediate: true })

  onBeforeUnmount(() => {
    clearTimeout(listTimer)
    clearTimeout(graphTimer)
    stopDrawing()
    stop()
  })

  return { rows, total, everything, busy, graphBusy, graph, countries, failure, took, generation, need, stop: () => { stop(); stopDrawing() }, retry: () => { void begin(); void draw() } }
}

export type Results = ReturnType<typeof useResults>
