// The values of the open fields: asked for in batches, two at a time, each field with its own progress.

import { computed, onBeforeUnmount, reactive, ref, watch, type ComputedRef } from 'vue'
import * as api from '@/api'
import type { KeyCount } from '@/api/analysis'
import { failureOf, newCancelId, type Failure } from '@/search/useAnswer'
import { useSearch } from '@/search/useSearch'
import { BATCH, nextBatch, type Open } from './fields'

export interface Values {
  state: 'waiting' | 'asked' | 'done' | 'failed'
  buckets: KeyCount[]
  /** Documents with values that are not listed. */
  other: number
  /** How many values were asked for. */
  size: number
  error: string
}

/** Requests at a time: the server has other users. */
const AT_ONCE = 2

export function useSpi(open: ComputedRef<Open[]>, ready: () => boolean) {
  const { state, common, runs } = useSearch()
  const values = reactive(new Map<string, Values>())
  const protocols = ref<Record<string, number>>({})
  const total = ref(0)
  const everything = ref(0)
  const took = ref(0)
  const failure = ref<Failure | null>(null)
  const busy = ref(true)
  const running = new Set<{ abort: AbortController; cancelId: string }>()
  let round = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const done = computed(() => open.value.filter((one) => ['done', 'failed'].includes(values.get(one.path)?.state ?? '')).length)

  function halt(): void {
    round++
    clearTimeout(timer)
    for (const one of running) {
      one.abort.abort()
      api.cancel(one.cancelId).catch(() => undefined) // too late is no harm
    }
    running.clear()
  }

  function stop(): void {
    halt()
    busy.value = false
    for (const [path, one] of values) if (one.state !== 'done' && one.state !== 'failed') {
      if (one.buckets.length) one.state = 'done'
      else values.delete(path)
    }
  }

  async function ask(batch: Open[], mine: number): Promise<void> {
    const request = { abort: new AbortController(), cancelId: newCancelId() }
    running.add(request)
    for (const one of batch) {
      const held = values.get(one.path)
      if (held) held.state = 'asked'
    }
    try {
      const spi = batch.map((one) => `${one.path}:${one.size}`).join(',')
      const found = await api.spiView({ ...common.value, spi: spi || undefined, cancelId: request.cancelId }, request.abort.signal)
      if (mine !== round) return
      if (found.error) {
        failure.value = { message: found.error, expression: Boolean(state.value.expression) }
        return
      }
      failure.value = null
      protocols.value = found.protocols
      total.value = found.recordsFiltered
      everything.value = found.recordsTotal
      for (const one of batch) {
        const field = found.spi[one.path]
        values.set(one.path, { state: 'done', buckets: field?.buckets ?? [], other: field?.sum_other_doc_count ?? 0, size: one.size, error: '' })
      }
    } catch (error) {
      if (mine !== round || api.isAbort(error)) return
      if (!batch.length || values.size === batch.length) failure.value = failureOf(error, state.value.expression)
      for (const one of batch) values.set(one.path, { state: 'failed', buckets: [], other: 0, size: one.size, error: api.describe(error) })
    } finally {
      running.delete(request)
    }
  }

  /** `all`: the search has changed, nothing that is there holds any more. */
  async function load(all: boolean): Promise<void> {
    halt()
    if (!ready()) return
    const mine = round
    const wanted = open.value.filter((one) => {
      const held = values.get(one.path)
      return all || held?.state !== 'done' || (held.size < one.size && held.other > 0)
    })
    for (const one of wanted) {
      const held = values.get(one.path)
      values.set(one.path, { buckets: [], other: 0, error: '', ...held, state: 'waiting', size: one.size })
    }
    for (const path of [...values.keys()]) if (!open.value.some((one) => one.path === path)) values.delete(path)
    if (!wanted.length && !all) return void (busy.value = false)
    busy.value = true
    const startedAt = performance.now()
    const queue = [...wanted]
    // also without a field: how many sessions there are
    let first = true
    let size = BATCH
    const work = async (): Promise<void> => {
      while ((first || queue.length) && mine === round && !(all && failure.value)) {
        first = false
        const askedAt = performance.now()
        await ask(queue.splice(0, size), mine)
        size = nextBatch(size, performance.now() - askedAt)
      }
    }
    if (all) failure.value = null
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    if (mine !== round) return
    took.value = performance.now() - startedAt
    busy.value = false
  }

  // A search changes the URL and its "now" in two steps; one round is enough for both.
  let wholly = true
  function soon(all: boolean): void {
    wholly ||= all
    clearTimeout(timer)
    if (all) busy.value = true
    timer = setTimeout(() => {
      const now = wholly
      wholly = false
      void load(now)
    }, 8)
  }
  watch([() => JSON.stringify(common.value), runs, ready], () => soon(true), { immediate: true })
  watch(() => JSON.stringify(open.value), () => soon(false))
  onBeforeUnmount(halt)

  return { values, protocols, total, everything, took, failure, busy, done, stop, retry: () => soon(true) }
}
