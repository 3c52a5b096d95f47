// The choices of the connections page in its URL, under Arkime's names.

import type { LocationQuery } from 'vue-router'

export const LENGTHS = [100, 500, 1000, 5000, 10_000, 50_000, 100_000] as const
/** Until the user asks for more: beyond it a graph is a ball of wool. */
export const LENGTH = 1000
export const MIN_LINKS = [1, 2, 3, 4, 5, 10, 20, 50] as const
/** `0`: no comparison; `2x`: twice as long as the range, before it; a number: so many hours before it. */
export const BASELINES = ['0', '1x', '2x', '4x', '6x', '8x', '10x', '1', '6', '24', '48', '72', '168', '336', '720', '1440', '4380', '8760'] as const
export const VISIBLE = ['all', 'actual', 'actualold', 'new', 'old'] as const
export const VIEWS = ['graph', 'links', 'nodes'] as const

export interface ConnectionsState {
  srcField: string
  dstField: string
  minConn: number
  /** Sessions to look at. */
  length: number
  baseline: string
  visible: (typeof VISIBLE)[number]
  /** What is summed up for nodes and links beside the usual: paths of fields. */
  facts: string[]
  view: (typeof VIEWS)[number]
}

export const SRC = 'ip.src'
export const DST = 'ip.dst:port'
/** Always asked for: weights, and what a reader wants to know of a node. */
export const FACTS = ['network.bytes', 'totDataBytes', 'network.packets', 'node', 'protocol'] as const

const text = (query: LocationQuery, key: string): string => (typeof query[key] === 'string' ? query[key] : '')
const among = <T>(allowed: readonly T[], value: unknown, otherwise: T): T => allowed.find((one) => one === value) ?? otherwise

export function readState(query: LocationQuery): ConnectionsState {
  return {
    srcField: text(query, 'srcField') || SRC,
    dstField: text(query, 'dstField') || DST,
    minConn: Math.max(1, Math.min(1000, Math.floor(Number(text(query, 'minConn'))) || 1)),
    length: among<number>(LENGTHS, Number(text(query, 'length')), LENGTH),
    baseline: among<string>(BASELINES, text(query, 'baselineDate'), '0'),
    visible: among(VISIBLE, text(query, 'baselineVis'), 'all'),
    facts: text(query, 'facts').split(',').filter(Boolean).slice(0, 20),
    view: among(VIEWS, text(query, 'as'), 'graph'),
  }
}

/** Parameters as `setOwn` takes them: null where the default holds. */
export function writeState(state: ConnectionsState): Record<string, string | null> {
  const unless = (value: string, otherwise: string): string | null => (value === otherwise ? null : value)
  return {
    srcField: unless(state.srcField, SRC), dstField: unless(state.dstField, DST), minConn: unless(String(state.minConn), '1'), length: unless(String(state.length), String(LENGTH)),
    baselineDate: unless(state.baseline, '0'), baselineVis: unless(state.visible, 'all'), facts: unless(state.facts.join(','), ''), as: unless(state.view, 'graph'),
  }
}
