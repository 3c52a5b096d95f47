// What stands on the overview: widgets in an order, each with a size and what it shows. Kept with the user, shared as JSON.

import type { SummaryMetric } from '@/api/summary'

export const KINDS = ['totals', 'timeline', 'series', 'top', 'map', 'fresh', 'slow', 'trouble', 'direction', 'capture', 'alerts'] as const
export type Kind = (typeof KINDS)[number]

/** A third, a half, two thirds, and the whole of the width. */
export const SIZES = ['s', 'm', 'l', 'xl'] as const
export type Size = (typeof SIZES)[number]

export const VIEWS = ['bar', 'pie', 'table'] as const
export type View = (typeof VIEWS)[number]

export const METRICS: readonly SummaryMetric[] = ['sessions', 'packets', 'bytes']
export const ORDERS = ['desc', 'asc'] as const
export const COUNTS = [5, 8, 10, 15, 20, 50] as const
export const ENDS = ['dst', 'src'] as const
export const SLOW_KINDS = ['http', 'sql', 'dns'] as const
export type SlowKind = (typeof SLOW_KINDS)[number]

export interface Widget {
  id: string
  kind: Kind
  size: Size
  /** Expression name of a field; of the map `src` or `dst`; of the slow ones the kind of transaction. */
  field: string
  metric: SummaryMetric
  view: View
  /** Values shown. */
  count: number
  order: (typeof ORDERS)[number]
}

export type Option = 'field' | 'end' | 'transaction' | 'metric' | 'view' | 'count' | 'order'

/** What can be chosen of each kind. */
export const OPTIONS: Record<Kind, readonly Option[]> = {
  totals: [], timeline: [], trouble: [], direction: ['metric'], capture: [], alerts: ['count'],
  series: ['field', 'metric', 'count'], top: ['field', 'metric', 'view', 'count', 'order'], map: ['end'], fresh: ['field', 'count'], slow: ['transaction', 'count'],
}

const DEFAULTS: Record<Kind, Partial<Widget>> = {
  totals: { size: 'xl' }, timeline: { size: 'l' }, trouble: { size: 's' }, direction: { size: 's', metric: 'bytes' }, capture: { size: 'm' }, alerts: { size: 's', count: 5 },
  series: { size: 'l', field: 'protocols', metric: 'bytes', count: 8 }, top: { size: 's', field: 'ip.dst', metric: 'bytes' },
  map: { size: 'l', field: 'dst' }, fresh: { size: 's', field: 'host', count: 10 }, slow: { size: 'm', field: 'http', count: 8 },
}

/** More nobody reads, and each costs the server something. */
export const MAX_WIDGETS = 40

let serial = 0
const newId = (): string => `w${Date.now().toString(36)}${(++serial).toString(36)}`

export function widget(kind: Kind, patch: Partial<Widget> = {}): Widget {
  return { id: newId(), kind, size: 's', field: '', metric: 'sessions', view: 'bar', count: 8, order: 'desc', ...DEFAULTS[kind], ...patch }
}

/** What everybody sees first. */
export const factory = (): Widget[] => [
  widget('totals'),
  widget('timeline'), widget('trouble'),
  widget('series'), widget('top', { field: 'ip.protocol', metric: 'sessions', view: 'pie', count: 5 }),
  widget('top', { field: 'ip.src' }), widget('top', { field: 'ip.dst' }), widget('top', { field: 'port.dst', metric: 'sessions' }),
  widget('map'), widget('top', { field: 'host', metric: 'sessions' }),
  widget('slow', { field: 'http', size: 's' }), widget('slow', { field: 'sql', size: 's' }), widget('slow', { field: 'dns', size: 's' }),
  widget('fresh'), widget('direction'), widget('capture', { size: 's' }),
  widget('alerts', { size: 'xl' }),
]

const oneOf = <T>(all: readonly T[], value: unknown): T | undefined => all.find((one) => one === value)

function readWidget(value: unknown): Widget | null {
  if (typeof value !== 'object' || value === null) return null
  const given = value as Record<string, unknown>
  const kind = oneOf(KINDS, given.kind)
  if (!kind) return null
  const plain = widget(kind)
  const count = Number(given.count)
  return {
    ...plain,
    size: oneOf(SIZES, given.size) ?? plain.size,
    field: readField(kind, given.field) ?? plain.field,
    metric: oneOf(METRICS, given.metric) ?? plain.metric,
    view: oneOf(VIEWS, given.view) ?? plain.view,
    count: Number.isInteger(count) && count >= 1 && count <= 100 ? count : plain.count,
    order: oneOf(ORDERS, given.order) ?? plain.order,
  }
}

function readField(kind: Kind, value: unknown): string | undefined {
  if (kind === 'map') return oneOf<string>(ENDS, value)
  if (kind === 'slow') return oneOf<string>(SLOW_KINDS, value)
  // names of fields have no separators of the summary's parameter
  return typeof value === 'string' && /^[\w.:@-]{1,120}$/.test(value) ? value : undefined
}

/** A board as somebody stored it; null where nothing of it can be shown. */
export function readBoard(value: unknown): Widget[] | null {
  const list = Array.isArray(value) ? value : (value as { widgets?: unknown } | null | undefined)?.widgets
  if (!Array.isArray(list)) return null
  const widgets = list.slice(0, MAX_WIDGETS).map(readWidget).filter((one) => one !== null)
  return widgets.length ? widgets : null
}

/** What is stored: ids are this browser's own. */
export const writeBoard = (widgets: readonly Widget[]): { widgets: Omit<Widget, 'id'>[] } =>
  ({ widgets: widgets.map(({ kind, size, field, metric, view, count, order }) => ({ kind, size, field, metric, view, count, order })) })

/** Which field lists the widgets need of the summary: one question for each order, every pair of field and metric once. */
export function summaryFields(widgets: readonly Widget[], order: Widget['order']): { fields: string; length: number } {
  const tops = widgets.filter((one) => one.kind === 'top' && one.order === order)
  const fields = [...new Set(tops.map((one) => `${one.field};bar;${one.metric}`))].join(',')
  return { fields, length: Math.max(1, ...tops.map((one) => one.count)) }
}
