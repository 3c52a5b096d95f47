// The box that finds a packet by its microsecond: open from anywhere, with or without a moment in it.

import { reactive } from 'vue'

export const lookup = reactive<{ open: boolean; time: string; devid: string }>({ open: false, time: '', devid: '' })

export function openLookup(time = '', devid = ''): void {
  Object.assign(lookup, { open: true, time, devid })
}
