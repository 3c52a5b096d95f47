// A page on paper is light, whatever the screen is: what draws on a canvas must know before the print is laid out.

import { nextTick } from 'vue'
import { painted } from '@/design/preferences'

let theme: string | undefined

function paper(): void {
  theme = document.documentElement.dataset.theme
  document.documentElement.dataset.theme = 'light'
  painted.theme++
}
function screen(): void {
  if (theme === undefined) delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  painted.theme++
}

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
