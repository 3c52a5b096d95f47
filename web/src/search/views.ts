// The views of this user and those that others share, read once and again after each change.

import { shallowRef } from 'vue'
import * as api from '@/api'
import { views as read, type TableLayout, type View } from '@/api/saved'
import { parseSort, type SearchState } from './urlState'

export const views = shallowRef<readonly View[]>([])
export const viewsError = shallowRef('')
let loading: Promise<void> | undefined

/** `again`: also when they were read before. */
export function loadViews(again = false): Promise<void> {
  if (again) loading = undefined
  loading ??= read().then((list) => {
    views.value = [...list].sort((a, b) => a.name.localeCompare(b.name))
    viewsError.value = ''
  }).catch((error: unknown) => {
    loading = undefined
    viewsError.value = api.describe(error)
  })
  return loading
}

/** By id or name. */
export const viewOf = (key: string): View | undefined => views.value.find((one) => one.id === key) ?? views.value.find((one) => one.name === key)

/** Arkime's names of columns that are composed here. */
const ARKIME: Record<string, string> = {
  src: 'source', 'source.ip': 'source', dst: 'destination', 'destination.ip': 'destination', totPackets: 'packets', 'network.packets': 'packets', dbby: 'bytes', 'network.bytes': 'bytes',
  totDataBytes: 'databytes', protocol: 'protocols', fp: 'firstPacket', lp: 'lastPacket',
}

/** The columns and the order of a kept layout, ours or Arkime's; nothing where it holds none. */
export function applied(layout: TableLayout | undefined): Partial<SearchState> {
  if (!layout) return {}
  const out: Partial<SearchState> = {}
  const columns = Array.isArray(layout.columns) ? layout.columns.filter((one): one is string => typeof one === 'string') : []
  if (columns.length) out.columns = [...new Set(columns.map((one) => ARKIME[one] ?? one))]
  const order = Array.isArray(layout.order) ? layout.order.filter((key) => Array.isArray(key) && typeof key[0] === 'string' && /^[\w.:@-]+$/.test(key[0])) : []
  if (order.length) out.sort = parseSort(order.map(([field, direction]) => `${field}:${direction === 'asc' ? 'asc' : 'desc'}`).join(','))
  return out
}

/** What is kept of the table. */
export const layoutOf = (state: Pick<SearchState, 'sort'>, columns: readonly string[]): TableLayout => ({ columns: [...columns], order: state.sort.map(({ field, desc }) => [field, desc ? 'desc' : 'asc']) })
