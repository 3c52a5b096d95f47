// The answers that the widgets share: this window, the one before, and the least frequent values where a widget wants them.

import { computed, type Ref } from 'vue'
import * as api from '@/api'
import type { SummaryField } from '@/api/summary'
import { summary, type Summary } from '@/api/summary'
import { finer } from '@/pages/sessions/timeline'
import { isAll, toQuery, fromInstants } from '@/search/range'
import { preferences } from '@/design/preferences'
import { useAnswer, type Answer } from '@/search/useAnswer'
import { useSearch } from '@/search/useSearch'
import { summaryFields, type Widget } from './board'
import { before } from './figures'

export interface Overview {
  now: Answer<Summary>
  /** Not asked for where the range is all time. */
  then: Answer<Summary>
  /** The window before; null for all time. */
  window: Ref<{ start: number; stop: number } | null>
  listOf: (widget: Widget) => SummaryField | undefined
  busy: Ref<boolean>
  stop: () => void
}

export function useOverview(widgets: Ref<readonly Widget[]>): Overview {
  const { state, common, instants } = useSearch()
  const most = computed(() => summaryFields(widgets.value, 'desc'))
  const least = computed(() => summaryFields(widgets.value, 'asc'))

  const now = useAnswer(() => ({ ...common.value, ...most.value }), async (signal, cancelId) => {
    const found = await summary({ ...common.value, ...most.value, cancelId }, signal)
    // Over all time the server answers in hours; what lies close together is asked for again, finer.
    const interval = isAll(state.value.range) ? finer(found.totals.graph) : null
    const graph = interval ? (await api.sessions({ ...common.value, facets: 1, interval, length: 0, cancelId }, signal)).graph : undefined
    return graph ? { ...found, totals: { ...found.totals, graph } } : found
  })
  const rare = useAnswer(() => (least.value.fields ? { ...common.value, ...least.value } : null),
    (signal, cancelId) => summary({ ...common.value, ...least.value, order: 'asc', cancelId }, signal))

  const window = computed(() => (instants.value ? before(instants.value) : null))
  const then = useAnswer(() => (window.value ? { ...common.value, before: 1 } : null), (signal, cancelId) => {
    const at = window.value ?? { start: 0, stop: 0 }
    const { bounding, expression, view } = common.value
    return summary({ ...toQuery(fromInstants(at), at.stop, preferences.zone), bounding, expression, view, length: 1, cancelId }, signal)
  })

  return {
    now, then, window,
    listOf: (widget) => (widget.order === 'asc' ? rare : now).answer.value?.fields.find((one) => one.field === widget.field && one.metricType === widget.metric),
    busy: computed(() => now.busy.value || then.busy.value || rare.busy.value),
    stop: () => [now, then, rare].forEach((one) => one.stop()),
  }
}
