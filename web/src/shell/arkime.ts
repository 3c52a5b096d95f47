// Arkime's keys: Shift with a letter. Held alone for a moment, Shift shows which letter leads where.

import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'
import { isTyping } from './keys'

/** Letter by page. */
export const LETTERS: Readonly<Record<string, string>> = { overview: 'A', sessions: 'S', spiview: 'V', spigraph: 'G', connections: 'C', hunt: 'U', help: 'H' }

/** Milliseconds that Shift is held before the letters show. */
const HELD = 450

/** True while Shift alone is held down and nobody types. */
export function useShiftHeld(): Ref<boolean> {
  const held = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  function end(): void {
    clearTimeout(timer)
    held.value = false
  }
  function down(event: KeyboardEvent): void {
    if (event.key !== 'Shift' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return end()
    if (event.repeat) return
    clearTimeout(timer)
    timer = setTimeout(() => (held.value = true), HELD)
  }
  const EVENTS = [['keyup', end], ['mousedown', end], ['blur', end]] as const
  onMounted(() => {
    window.addEventListener('keydown', down)
    for (const [name, listener] of EVENTS) window.addEventListener(name, listener)
  })
  onBeforeUnmount(() => {
    end()
    window.removeEventListener('keydown', down)
    for (const [name, listener] of EVENTS) window.removeEventListener(name, listener)
  })
  return held
}
