// Keyboard shortcuts of the whole viewer. A key pressed while typing belongs to the text.

import { onBeforeUnmount, onMounted } from 'vue'

export function isTyping(target: EventTarget | null): boolean {
  const el = target instanceof HTMLElement ? target : null
  // The expression editor lives in a shadow root, whose host is what the page sees.
  return Boolean(el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) || el.shadowRoot))
}

/** A dialog or a menu has the keyboard for itself. */
function isCovered(): boolean {
  return document.querySelector('[role="dialog"], [role="menu"][data-state="open"]') !== null
}

export type Bindings = Record<string, (event: KeyboardEvent) => void>

/** `g` then `s` is written `g s`. */
export function useKeys(bindings: Bindings): void {
  let prefix = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  const pressed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    if (isTyping(event.target) || isCovered()) return
    const keys = prefix ? `${prefix} ${event.key}` : event.key
    prefix = ''
    clearTimeout(timer)
    const action = bindings[keys]
    if (action) {
      event.preventDefault()
      action(event)
    } else if (Object.keys(bindings).some((key) => key.startsWith(`${keys} `))) {
      prefix = keys
      timer = setTimeout(() => (prefix = ''), 900)
    }
  }
  onMounted(() => document.addEventListener('keydown', pressed))
  onBeforeUnmount(() => document.removeEventListener('keydown', pressed))
}

/** Shown on the help page and in the shortcuts dialog; the texts are `keys.<name>`. */
export const SHORTCUTS: readonly { name: string; keys: readonly string[] }[] = [
  { name: 'search', keys: ['/'] },
  { name: 'time', keys: ['t'] },
  { name: 'refresh', keys: ['r'] },
  { name: 'step', keys: ['[', ']'] },
  { name: 'move', keys: ['j', 'k'] },
  { name: 'open', keys: ['Enter'] },
  { name: 'panes', keys: ['1', '2', '3'] },
  { name: 'close', keys: ['Esc'] },
  { name: 'export', keys: ['x'] },
  { name: 'upload', keys: ['u'] },
  { name: 'palette', keys: ['Ctrl K'] },
  { name: 'goto', keys: ['g s', 'g v', 'g g', 'g c', 'g m', 'g f', 'g t', 'g h', 'g ,'] },
  { name: 'column', keys: ['Alt ←', 'Alt →'] },
  { name: 'width', keys: ['Shift ←', 'Shift →'] },
  { name: 'arkimeSearch', keys: ['Shift Q', 'Shift T'] },
  { name: 'arkime', keys: ['Shift A', 'S', 'V', 'G', 'C', 'U', 'H'] },
  { name: 'hints', keys: ['Shift'] },
  { name: 'shortcuts', keys: ['?'] },
]
