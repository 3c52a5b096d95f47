// How many sessions expressions find: one question at a time, only for what is seen, and none after the page is left.

import { onBeforeUnmount, reactive } from 'vue'
import * as api from '@/api'

export interface Count {
  n?: number
  /** Why the server does not take it. */
  error?: string
}

export function useCounts(): { counts: ReadonlyMap<string, Count>; want: (expression: string) => void } {
  const counts = reactive(new Map<string, Count>())
  const waiting: string[] = []
  const stop = new AbortController()
  let busy = false

  async function work(): Promise<void> {
    if (busy) return
    busy = true
    for (let expression = waiting.shift(); expression !== undefined && !stop.signal.aborted; expression = waiting.shift()) {
      try {
        const read = await api.validate(expression, stop.signal)
        if (!read.ok) counts.set(expression, { error: read.message })
        else {
          const got = await api.sessions({ date: '-1', expression, length: 0 }, stop.signal)
          counts.set(expression, got.error ? { error: got.error } : { n: got.recordsFiltered })
        }
      } catch (problem) {
        // a server that does not answer is no fault of the expression
        if (!api.isAbort(problem)) counts.set(expression, {})
      }
    }
    busy = false
  }
  onBeforeUnmount(() => stop.abort())
  return {
    counts,
    want: (expression) => {
      if (!expression.trim() || counts.has(expression) || waiting.includes(expression)) return
      waiting.push(expression)
      void work()
    },
  }
}
