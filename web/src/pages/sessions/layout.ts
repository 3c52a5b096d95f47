// How this browser likes the session table: columns, their widths, where the detail stands. Remembered locally; columns are in the URL too.

import { reactive, watch } from 'vue'
import { load, save } from '@/design/preferences'

const KEY = 'hindsight.sessions'

export interface Layout {
  /** Column ids; empty = what the viewer comes with. */
  columns: string[]
  widths: Record<string, number>
  dock: 'right' | 'bottom'
  /** Share of the detail, percent. */
  right: number
  bottom: number
  density: 'roomy' | 'dense'
  /** Countries beside the timeline. */
  map: boolean
  /** Fields of the info column, expression names; empty = what fits the protocol. */
  info: string[]
}

/** What nobody has chosen yet. */
export const plainLayout = (): Layout => ({ columns: [], widths: {}, dock: 'right', right: 46, bottom: 50, density: 'roomy', map: false, info: [] })

export const layout = reactive(load<Layout>(KEY, plainLayout()))

watch(layout, (value) => save(KEY, value), { deep: true })
