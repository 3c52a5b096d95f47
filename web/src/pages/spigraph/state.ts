// The choices of the SPI graph in its URL, and its answers arranged for the charts.

import type { LocationQuery } from 'vue-router'
import type { HierarchyNode } from '@/api/analysis'
import type { CountryCounts, SpiGraphItem } from '@/api/summary'
import type { Graph } from '@/api/types'
import type { Tree } from '@/charts/marks'
import type { Metric } from '@/search/urlState'

export const TYPES = ['default', 'pie', 'table', 'treemap', 'sankey'] as const
export type Type = (typeof TYPES)[number]
export const SORTS = ['graph', 'name'] as const
export type Sort = (typeof SORTS)[number]
export const SIZES = [5, 10, 20, 50, 100, 200] as const
/** Seconds between two looks; 0: only when asked. */
export const REFRESHES = [0, 5, 10, 15, 30, 45, 60] as const
export const FIRST_FIELD = 'protocols'
/** Fields within fields. */
export const MAX_FIELDS = 5

export interface GraphState {
  /** Names of fields: the first has the timelines, the others lie within it. */
  fields: string[]
  size: number
  type: Type
  sort: Sort
  lines: boolean
  refresh: number
}

const text = (query: LocationQuery, key: string): string => (typeof query[key] === 'string' ? query[key] : '')
const oneOf = <T extends number>(allowed: readonly T[], value: number, otherwise: T): T => allowed.find((one) => one === value) ?? otherwise

export function readGraph(query: LocationQuery): GraphState {
  const type = text(query, 'spiGraphType')
  return {
    fields: [text(query, 'exp') || text(query, 'field') || FIRST_FIELD, ...text(query, 'subFields').split(',').filter(Boolean)].slice(0, MAX_FIELDS),
    size: oneOf(SIZES, Number(text(query, 'size')), 20),
    type: TYPES.find((one) => one === type) ?? 'default',
    sort: text(query, 'sort') === 'name' ? 'name' : 'graph',
    lines: text(query, 'seriesType') === 'lines',
    refresh: oneOf(REFRESHES, Number(text(query, 'refresh')), 0),
  }
}

/** Parameters as `setOwn` takes them: null where the default holds. */
export function writeGraph(state: GraphState): Record<string, string | null> {
  const [first = FIRST_FIELD, ...inner] = state.fields
  return {
    exp: first === FIRST_FIELD ? null : first,
    field: null,
    subFields: inner.length ? inner.join(',') : null,
    size: state.size === 20 ? null : String(state.size),
    spiGraphType: state.type === 'default' ? null : state.type,
    sort: state.sort === 'graph' ? null : state.sort,
    seriesType: state.lines ? 'lines' : null,
    refresh: state.refresh ? String(state.refresh) : null,
  }
}

/** The sum of a value in the chosen metric. */
export function sizeOf(item: SpiGraphItem, metric: Metric): number {
  const sum = (a: keyof SpiGraphItem, b: keyof SpiGraphItem): number => Number(item[a] ?? 0) + Number(item[b] ?? 0)
  switch (metric) {
    case 'sessions': return item.sessionsHisto ?? item.count
    case 'packets': return sum('source.packetsHisto', 'destination.packetsHisto')
    case 'bytes': return sum('source.bytesHisto', 'destination.bytesHisto')
    case 'databytes': return sum('client.bytesHisto', 'server.bytesHisto')
  }
}

export function sorted(items: readonly SpiGraphItem[], metric: Metric, sort: Sort): SpiGraphItem[] {
  return [...items].sort((a, b) => (sort === 'name' ? a.name.localeCompare(b.name, 'en', { numeric: true }) : sizeOf(b, metric) - sizeOf(a, metric) || a.name.localeCompare(b.name)))
}

export function treeOf(items: readonly SpiGraphItem[], metric: Metric): Tree {
  return { name: '', size: 0, children: items.map((item) => ({ name: item.name, size: sizeOf(item, metric) })).filter((one) => one.size > 0) }
}

export function hierarchyTree(children: readonly HierarchyNode[] | undefined): Tree {
  const walk = (node: HierarchyNode): Tree => ({ name: node.name, size: node.size, children: node.children?.length ? node.children.map(walk) : undefined })
  return { name: '', size: 0, children: children?.map(walk) }
}

/** Where the columns of all timelines begin and end, so that they stand under one another. */
export function spanOf(graph: Graph, range: { start: number; stop: number } | null): { start: number; stop: number } | null {
  if (range) return range
  const times = (graph.sessionsHisto ?? []).map(([at]) => at)
  return times.length ? { start: Math.min(...times), stop: Math.max(...times) } : null
}

/** Sessions by country of either end. */
export function bothEnds(map: CountryCounts | undefined): Record<string, number> {
  const out: Record<string, number> = { ...map?.src }
  for (const [code, n] of Object.entries(map?.dst ?? {})) out[code] = (out[code] ?? 0) + n
  return out
}

/** The rows of a table of several fields: each leaf with what it lies in. */
export interface TreeRow {
  values: { name: string; size: number }[]
  size: number
}

export function rowsOf(tree: Tree): TreeRow[] {
  const rows: TreeRow[] = []
  const walk = (node: Tree, way: { name: string; size: number }[]): void => {
    const here = [...way, { name: node.name, size: node.size }]
    if (node.children?.length) node.children.forEach((child) => walk(child, here))
    else rows.push({ values: here, size: node.size })
  }
  tree.children?.forEach((child) => walk(child, []))
  return rows
}
