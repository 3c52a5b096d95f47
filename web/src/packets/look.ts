// How this browser likes the packet pane; remembered locally.

import { reactive, watch } from 'vue'
import { load, save } from '@/design/preferences'

const KEY = 'hindsight.packets'

export interface PacketLook {
  /** Numbers before the lines of text. */
  lines: boolean
  /** Time stamps and the times between packets. */
  times: boolean
}

export const look = reactive(load<PacketLook>(KEY, { lines: false, times: true }))

watch(look, (value) => save(KEY, value), { deep: true })
