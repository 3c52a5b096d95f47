// The board of the user: read once, kept a moment after each change.

import { onBeforeUnmount, shallowRef, type ShallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import * as api from '@/api'
import { keepPageState, pageState } from '@/api/saved'
import { load, save } from '@/design/preferences'
import { toast } from '@/design/toasts'
import { factory, readBoard, writeBoard, type Widget } from './board'

const STATE = 'overview'
/** The last board of this browser: the page need not wait for the server to be laid out. */
const KEY = 'hindsight.overview'

export function useBoard(): { widgets: ShallowRef<Widget[]>; change: (next: Widget[]) => void } {
  const { t } = useI18n()
  const widgets = shallowRef(readBoard(load<object>(KEY, {})) ?? factory())
  let timer: ReturnType<typeof setTimeout> | undefined
  let changed = false

  const abort = new AbortController()
  pageState(STATE, abort.signal).then((stored) => {
    if (changed) return
    const found = readBoard(stored) ?? factory()
    if (JSON.stringify(writeBoard(found)) !== JSON.stringify(writeBoard(widgets.value))) widgets.value = found
    save(KEY, writeBoard(widgets.value))
  }).catch(() => undefined) // what this browser remembers is shown

  async function keep(): Promise<void> {
    try {
      await keepPageState(STATE, writeBoard(widgets.value))
    } catch (error) {
      toast(t('overview.saveFailed', { why: api.describe(error) }), 'bad')
    }
  }
  function change(next: Widget[]): void {
    changed = true
    widgets.value = next
    save(KEY, writeBoard(next))
    clearTimeout(timer)
    timer = setTimeout(() => { timer = undefined; void keep() }, 600)
  }
  onBeforeUnmount(() => {
    abort.abort()
    if (timer === undefined) return
    clearTimeout(timer)
    void keep()
  })
  return { widgets, change }
}
