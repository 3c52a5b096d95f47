// What a user chose for this browser: language, theme, time zone, table density. Remembered in local storage.

import { reactive, watch } from 'vue'
import type { Zone } from '@/search/time'
import { cleaned, wear, type OwnTheme } from './ownTheme'

export type Theme = 'system' | 'light' | 'dark' | 'own'
export type Locale = 'en' | 'zh'

export interface Preferences {
  theme: Theme
  /** The colours of the theme `own`. */
  own: OwnTheme
  locale: Locale
  zone: Zone
  navOpen: boolean
}

const KEY = 'hindsight.preferences'

export function load<T extends object>(key: string, fallback: T): T {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    if (Array.isArray(fallback)) return (Array.isArray(stored) ? stored : fallback) as T
    return stored && typeof stored === 'object' ? { ...fallback, ...stored } : fallback
  } catch {
    return fallback
  }
}

export function save(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // A browser that keeps nothing still works.
  }
}

/** What nobody has chosen yet; the language is that of the browser. */
export const plainPreferences = (): Omit<Preferences, 'locale'> => ({ theme: 'system', own: { base: 'light', colours: {} }, zone: 'local', navOpen: false })

export const preferences = reactive(load<Preferences>(KEY, { ...plainPreferences(), locale: navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en' }))

const system = matchMedia('(prefers-color-scheme: dark)')

/** Bumped when colours change, for what draws on a canvas. */
export const painted = reactive({ theme: 0 })

/** Puts on what the user chose. */
export function paint(): void {
  const own = preferences.theme === 'own' ? cleaned(preferences.own) : null
  if (preferences.theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = own?.base ?? preferences.theme
  wear(own)
  painted.theme++
}

watch([() => preferences.theme, () => preferences.own], paint, { immediate: true, flush: 'sync', deep: true })
system.addEventListener('change', paint)
watch(preferences, (value) => save(KEY, value), { deep: true })

/** Whether what is seen is dark. */
export const isDark = (): boolean => (preferences.theme === 'own' ? preferences.own.base === 'dark' : preferences.theme === 'dark' || (preferences.theme === 'system' && system.matches))

/** The colour behind a token, as the canvas wants it. */
export function colour(token: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${token})`
  document.body.append(probe)
  const resolved = getComputedStyle(probe).color
  probe.remove()
  return resolved
}
