// One question to the server at a time: asked anew when the search or the page's own choices change, and ended when it is left.

import { onBeforeUnmount, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import * as api from '@/api'
import type { Span } from '@/api/types'
import { useSearch } from './useSearch'

export interface Failure {
  message: string
  span?: Span
  /** The expression is wrong, rather than the server or the way to it. */
  expression: boolean
}

let serial = 0
/** A name under which the server can be told to stop. */
export const newCancelId = (): string => `web-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${++serial}`

export function failureOf(error: unknown, expression: string): Failure {
  const message = api.describe(error)
  const status = error instanceof api.ApiError ? error.status : 0
  // Arkime's routes refuse an expression with 403; that it is the expression is said by the column.
  return { message, expression: Boolean(expression) && (status === 400 || (status === 403 && /^column \d+:/.test(message))) }
}

export interface Answer<T> {
  /** The last answer; it stays while the next one is under way, so that nothing jumps. */
  answer: ShallowRef<T | null>
  busy: Ref<boolean>
  failure: Ref<Failure | null>
  /** Milliseconds. */
  took: Ref<number>
  stop: () => void
  retry: () => void
}

/**
 * `asked` says what is asked for: the question is put again when it changes, or when the user searches again; null asks nothing.
 * An answer with `error` in it is a failure.
 */
export function useAnswer<T extends object>(asked: () => unknown, ask: (signal: AbortSignal, cancelId: string) => Promise<T>): Answer<T> {
  const { state, runs } = useSearch()
  const answer: ShallowRef<T | null> = shallowRef(null)
  const busy = ref(true)
  const failure = ref<Failure | null>(null)
  const took = ref(0)
  let running: { abort: AbortController; cancelId: string } | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    clearTimeout(timer)
    running?.abort.abort()
    if (running) api.cancel(running.cancelId).catch(() => undefined) // too late is no harm
    running = null
    busy.value = false
  }

  async function begin(): Promise<void> {
    stop()
    const mine = (running = { abort: new AbortController(), cancelId: newCancelId() })
    busy.value = true
    const startedAt = performance.now()
    try {
      const found = await ask(mine.abort.signal, mine.cancelId)
      if (running !== mine) return
      const { error, errorSpan } = found as { error?: string; errorSpan?: Span }
      failure.value = error ? { message: error, span: errorSpan, expression: Boolean(state.value.expression) } : null
      if (!error) answer.value = found
    } catch (error) {
      if (running !== mine) return
      if (!api.isAbort(error)) failure.value = failureOf(error, state.value.expression)
    }
    took.value = performance.now() - startedAt
    running = null
    busy.value = false
  }

  // A search changes the URL and its "now" in two steps; one request is enough for both.
  function soon(): void {
    clearTimeout(timer)
    if (asked() === null) return stop()
    busy.value = true
    timer = setTimeout(() => void begin(), 8)
  }
  watch([() => JSON.stringify(asked()), runs], soon, { immediate: true })
  onBeforeUnmount(stop)

  return { answer, busy, failure, took, stop, retry: () => void begin() }
}
