// What users keep on the server: layouts of tables, states of pages, views, boards that are shared.

import { json } from './client'

const part = encodeURIComponent

/** Who may see and change a kept object; lists of names. */
export interface Sharing {
  users?: string[] | string
  roles?: string[]
  editRoles?: string[]
}

/** A named expression, with the columns that go with it where its maker wished. */
export interface View extends Sharing {
  id: string
  name: string
  expression: string
  user?: string
  sessionsColConfig?: TableLayout
}

/** Columns and order of the session table; `order` is Arkime's list of `[field, direction]`. */
export interface TableLayout {
  name?: string
  columns: string[]
  order: [field: string, direction: string][]
}

export interface FieldsLayout {
  name: string
  fields: string[]
}

interface List<T> {
  data: T[]
}

export const views = async (): Promise<View[]> => (await json<List<View>>('/api/views')).data

export const createView = (view: Omit<View, 'id'>): Promise<{ success: boolean; view: View }> => json('/api/view', { method: 'POST', body: view })

export const removeView = (id: string): Promise<unknown> => json(`/api/view/${part(id)}`, { method: 'DELETE' })

/** `userId`: for those who administer users, of somebody else. */
export const tableLayouts = (userId?: string): Promise<(TableLayout & { name: string })[]> => json('/api/user/layouts/sessionstable', { query: { userId } })

export const infoLayouts = (userId?: string): Promise<FieldsLayout[]> => json('/api/user/layouts/sessionsinfofields', { query: { userId } })

/** Keeps a layout under its name; one that is there already is replaced. */
export async function keepLayout(type: 'sessionstable' | 'sessionsinfofields', layout: (TableLayout | FieldsLayout) & { name: string }, known: boolean): Promise<void> {
  const path = `/api/user/layouts/${type}`
  if (known) await json(`${path}/${part(layout.name)}`, { method: 'PUT', body: layout })
  else await json(path, { method: 'POST', body: layout })
}

/** What layouts there are. */
export type LayoutType = 'sessionstable' | 'sessionsinfofields' | 'spiview'

export const removeLayout = (type: LayoutType, name: string, userId?: string): Promise<unknown> =>
  json(`/api/user/layouts/${type}/${part(name)}`, { method: 'DELETE', query: { userId } })

export const pageState = (name: string, signal?: AbortSignal): Promise<Record<string, unknown>> => json(`/api/user/state/${part(name)}`, { signal })

export const keepPageState = (name: string, state: object): Promise<unknown> => json(`/api/user/state/${part(name)}`, { method: 'POST', body: state })

/** An object that users share; `data` is the page's own. */
export interface Shareable {
  id: string
  type: string
  name: string
  description?: string
  data: unknown
  viewUsers?: string[] | string
  viewRoles?: string[]
  editUsers?: string[] | string
  editRoles?: string[]
  canEdit?: boolean
  canDelete?: boolean
  creator?: string
}

export const shareables = async (type: string): Promise<Shareable[]> => {
  const answer = await json<List<Shareable> | Shareable[]>('/api/shareables', { query: { type } })
  return Array.isArray(answer) ? answer : answer.data
}

export const createShareable = (one: Omit<Shareable, 'id'>): Promise<unknown> => json('/api/shareable', { method: 'POST', body: one })

export const changeShareable = (id: string, one: Omit<Shareable, 'id'>): Promise<unknown> => json(`/api/shareable/${part(id)}`, { method: 'PUT', body: one })

export const removeShareable = (id: string): Promise<unknown> => json(`/api/shareable/${part(id)}`, { method: 'DELETE' })
