// A page on paper is light, whatever the screen is: what draws on a canvas must know before the print is laid out.

import { nextTick } from 'vue'
import { wear } from '@/design/ownTheme'
import { paint, painted } from '@/design/preferences'

function paper(): void {
  document.documentElement.dataset.theme = 'light'
  wear(null)
  painted.theme++
}
const screen = (): void => paint()

export const printing = {
  begin(): void {
    window.addEventListener('beforeprint', paper)
    window.addEventListener('afterprint', screen)
  },
  end(): void {
    window.removeEventListener('beforeprint', paper)
    window.removeEventListener('afterprint', screen)
  },
  /** The browser's own dialog; the canvases are drawn light before it opens. */
  async now(): Promise<void> {
    paper()
    await nextTick()
    window.print()
    screen()
  },
}
