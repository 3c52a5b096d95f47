// What the user chose travels with the account: read once after the log-in, stored a moment after each change.
// Where the server keeps no settings, the browser's own memory is all there is.

import { watch } from 'vue'
import * as api from '@/api'
import { adopt } from '@/design/adopt'
import { load, preferences, save as keep, type Preferences } from '@/design/preferences'
import { layout, type Layout } from '@/pages/sessions/layout'

interface Stored {
  preferences?: Partial<Preferences>
  layout?: Partial<Layout>
}

/** Set while this browser has a change that the account has not: closing the page must not lose it. */
const UNSAVED = 'hindsight.unsaved'

let user = ''
let known: Record<string, unknown> = {}
let timer: ReturnType<typeof setTimeout> | undefined

/** The zone in which the server reads times without one; the browser's own where the user chose none. */
export function zoneName(zone: string): string {
  return zone === 'local' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : zone
}

const current = (): string => JSON.stringify({ timezone: zoneName(preferences.zone), viewer: { preferences, layout } })

export async function followSettings(id: string): Promise<void> {
  if (user === id) return
  user = id
  try {
    known = await api.userSettings()
  } catch {
    return
  }
  const viewer = known.viewer as Stored | undefined
  if (load(UNSAVED, { user: '' }).user !== id) {
    adopt(preferences, viewer?.preferences)
    adopt(layout, viewer?.layout)
  }
  let stored = JSON.stringify({ timezone: known.timezone, viewer: known.viewer })
  const save = (): void => {
    clearTimeout(timer)
    if (current() === stored || user !== id) return
    keep(UNSAVED, { user: id })
    timer = setTimeout(async () => {
      const now = current()
      try {
        known = { ...known, ...(JSON.parse(now) as object) }
        await api.saveUserSettings(known)
        stored = now
        if (current() === now) keep(UNSAVED, { user: '' })
      } catch {
        // The next change tries again; this browser remembers meanwhile.
      }
    }, 800)
  }
  watch([preferences, layout], save, { deep: true })
  save()
}
