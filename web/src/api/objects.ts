// What users make and share besides views: lists of values, periodic queries, notifiers.

import { json } from './client'
import type { Sharing, View } from './saved'

const part = encodeURIComponent

/** Set by the server on what users share. */
export interface Owned extends Sharing {
  user?: string
  creator?: string
  canEdit?: boolean
}

/** A list of values that `$name` stands for in an expression. */
export interface Shortcut extends Owned {
  id: string
  name: string
  type: 'ip' | 'string' | 'number'
  /** Separated by commas or line breaks. */
  value: string
  description?: string
}

/** A search that runs by itself. Times are epoch seconds. */
export interface Cron extends Owned {
  key: string
  name: string
  query: string
  action: string
  tags?: string
  /** Ids of notifiers. */
  notifier?: string[] | string
  enabled: boolean
  description?: string
  created?: number
  lpValue?: number
  lastRun?: number
  count?: number
  lastCount?: number
  lastNotified?: number
  error?: string
}

export interface NotifierField {
  name: string
  required?: boolean
  description?: string
  type?: 'secret' | 'checkbox'
  value?: string | boolean | null
}

export interface NotifierType {
  type: string
  name: string
  fields: NotifierField[]
}

export interface Notifier extends Owned {
  id: string
  name: string
  type: string
  /** Only for administrators. */
  fields?: NotifierField[]
  created?: number
  lastUsed?: number
  lastError?: string
}

const listed = <T>(answer: T[] | { data: T[] }): T[] => (Array.isArray(answer) ? answer : answer.data)

export const changeView = (id: string, view: Omit<View, 'id'>): Promise<unknown> => json(`/api/view/${part(id)}`, { method: 'PUT', body: view })

export const shortcuts = async (): Promise<Shortcut[]> => listed(await json<{ data: Shortcut[] }>('/api/shortcuts', { query: { length: 10_000 } }))
export const createShortcut = (one: Omit<Shortcut, 'id'>): Promise<unknown> => json('/api/shortcut', { method: 'POST', body: one })
export const changeShortcut = (id: string, one: Omit<Shortcut, 'id'>): Promise<unknown> => json(`/api/shortcut/${part(id)}`, { method: 'PUT', body: one })
export const removeShortcut = (id: string): Promise<unknown> => json(`/api/shortcut/${part(id)}`, { method: 'DELETE' })

export const crons = async (): Promise<Cron[]> => listed(await json<Cron[] | { data: Cron[] }>('/api/crons'))
/** `since`: hours back from which sessions are looked at; -1 for all, 0 for new ones only. */
export const createCron = (one: Omit<Cron, 'key'> & { since: string }): Promise<unknown> => json('/api/cron', { method: 'POST', body: one })
export const changeCron = (key: string, one: Omit<Cron, 'key'>): Promise<unknown> => json(`/api/cron/${part(key)}`, { method: 'POST', body: one })
export const removeCron = (key: string): Promise<unknown> => json(`/api/cron/${part(key)}`, { method: 'DELETE' })

export const notifierTypes = async (): Promise<NotifierType[]> => Object.values(await json<Record<string, NotifierType>>('/api/notifiertypes'))
export const notifiers = async (): Promise<Notifier[]> => listed(await json<Notifier[] | { data: Notifier[] }>('/api/notifiers'))
export const createNotifier = (one: Omit<Notifier, 'id'>): Promise<unknown> => json('/api/notifier', { method: 'POST', body: one })
export const changeNotifier = (id: string, one: Omit<Notifier, 'id'>): Promise<unknown> => json(`/api/notifier/${part(id)}`, { method: 'PUT', body: one })
export const removeNotifier = (id: string): Promise<unknown> => json(`/api/notifier/${part(id)}`, { method: 'DELETE' })
export const tryNotifier = (id: string): Promise<{ text: string }> => json(`/api/notifier/${part(id)}/test`, { method: 'POST' })
