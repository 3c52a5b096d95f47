// Whose settings the page shows and changes: one's own, or for those who administer users another user's (`?userId=`).

import { computed, inject, nextTick, reactive, ref, shallowRef, watch, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from 'vue'
import { account } from '@/account'
import * as api from '@/api'
import { users, type UserRow } from '@/api/users'
import { adopt } from '@/design/adopt'
import { plainPreferences, preferences, type Locale, type Preferences } from '@/design/preferences'
import { layout, plainLayout, type Layout } from '@/pages/sessions/layout'
import { zoneName } from '@/settings'

/** Of another user the language may never have been set: then the browser decides. */
export type SubjectPreferences = Omit<Preferences, 'locale'> & { locale: Locale | '' }

export interface Subject {
  /** Empty: one's own. */
  userId: string
  /** The user as those see it who administer users; null for oneself. */
  user: UserRow | null
  preferences: SubjectPreferences
  layout: Layout
}

const OWN: Subject = { userId: '', user: null, preferences, layout }
export const SUBJECT: InjectionKey<ShallowRef<Subject | null>> = Symbol('subject')

/** For the sections of the page, which are shown only when the subject is known. */
export function useSubject(): ComputedRef<Subject> {
  const given = inject(SUBJECT, undefined)
  return computed(() => given?.value ?? OWN)
}

/** What of `now` is not as it was: what nobody chose stays unset. */
export function changes<T extends object>(before: T, now: T): Partial<T> {
  const out: Partial<T> = {}
  for (const key of Object.keys(now) as (keyof T)[]) if (JSON.stringify(before[key]) !== JSON.stringify(now[key])) out[key] = now[key]
  return out
}

interface Stored {
  preferences?: object
  layout?: object
}
const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

export type Saving = '' | 'waiting' | 'saved' | 'failed'

export interface Editing {
  subject: ShallowRef<Subject | null>
  error: Ref<string>
  saving: Ref<Saving>
  /** Why the last change was not stored. */
  problemOfSaving: Ref<string>
  reload: () => Promise<void>
  /** Sends what waits to be sent. */
  flush: () => Promise<void>
}

/** Follows `userId`; changes are stored a moment after they are made, like one's own. */
export function useEditing(userId: () => string): Editing {
  const subject = shallowRef<Subject | null>(null)
  const error = ref('')
  const saving = ref<Saving>('')
  const problemOfSaving = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let store: (() => Promise<void>) | undefined
  let stopWatching: () => void = () => undefined

  async function flush(): Promise<void> {
    clearTimeout(timer)
    const work = store
    store = undefined
    await work?.()
  }

  async function reload(): Promise<void> {
    await flush()
    stopWatching()
    saving.value = error.value = ''
    const id = userId()
    if (!id || id === account.user?.userId) {
      subject.value = OWN
      return
    }
    subject.value = null
    try {
      const known = await api.userSettings(id)
      const found = await users({ filter: id, start: 0, length: 500, sortField: 'userId', desc: false })
      if (id !== userId()) return
      begin(id, known, found.data.find((one) => one.userId === id) ?? { userId: id, userName: '' })
    } catch (problem) {
      if (id === userId()) error.value = api.describe(problem)
    }
  }

  function begin(id: string, known: Record<string, unknown>, user: UserRow): void {
    const viewer = (known.viewer ?? {}) as Stored
    const own = { preferences: reactive<SubjectPreferences>({ ...plainPreferences(), locale: '' }), layout: reactive(plainLayout()) }
    adopt(own.preferences, viewer.preferences)
    adopt(own.layout, viewer.layout)
    let before = copyOf(own)
    subject.value = { userId: id, user, ...own }
    const save = async (): Promise<void> => {
      const now = copyOf(own)
      try {
        // the user may have stored something since: only what is changed here is put into it
        const known = await api.userSettings(id)
        const theirs = (known.viewer ?? {}) as Stored
        const zone = now.preferences.zone === before.preferences.zone || now.preferences.zone === 'local' ? {} : { timezone: zoneName(now.preferences.zone) }
        const viewer = { ...theirs, preferences: { ...theirs.preferences, ...changes(before.preferences, now.preferences) }, layout: { ...theirs.layout, ...changes(before.layout, now.layout) } }
        await api.saveUserSettings({ ...known, ...zone, viewer }, id)
        before = now
        if (!store) saving.value = 'saved'
      } catch (problem) {
        saving.value = 'failed'
        problemOfSaving.value = api.describe(problem)
      }
    }
    stopWatching = watch([own.preferences, own.layout], () => {
      saving.value = 'waiting'
      clearTimeout(timer)
      store = save
      timer = setTimeout(() => void flush(), 600)
    }, { deep: true })
  }

  watch(userId, () => void nextTick(reload), { immediate: true })
  return { subject, error, saving, problemOfSaving, reload, flush }
}
