// The answer's histogram as columns for the chart: every bucket present, directions stacked.

import type { Bucket, Graph } from '@/api/types'
import type { Metric } from '@/search/urlState'

export interface Chart {
  /** Bucket starts, epoch seconds. */
  xs: number[]
  /** Sum of both directions (or the sessions). */
  total: number[]
  /** The destination's share; null where the metric has no direction. */
  dst: number[] | null
  /** Seconds per column. */
  interval: number
}

/** More columns than pixels help nobody. */
const MAX_COLUMNS = 4000

const SERIES: Record<Metric, [src: keyof Graph, dst: keyof Graph] | null> = {
  sessions: null,
  packets: ['source.packetsHisto', 'destination.packetsHisto'],
  bytes: ['source.bytesHisto', 'destination.bytesHisto'],
  databytes: ['client.bytesHisto', 'server.bytesHisto'],
}

export function chartOf(graph: Graph, metric: Metric, range: { start: number; stop: number } | null): Chart {
  const keys = SERIES[metric]
  const first = (keys ? graph[keys[0]] : graph.sessionsHisto) as Bucket[] | undefined
  const second = keys ? (graph[keys[1]] as Bucket[] | undefined) : undefined
  const all = [...(first ?? []), ...(second ?? [])]
  let step = Math.max(1, graph.interval) * 1000
  const from = range?.start ?? graph.xmin ?? Math.min(...all.map(([at]) => at))
  const to = range?.stop ?? graph.xmax ?? Math.max(...all.map(([at]) => at))
  if (!Number.isFinite(from) || !Number.isFinite(to) || to < from) return { xs: [], total: [], dst: keys ? [] : null, interval: step / 1000 }
  // Whole buckets of the server are put together, so that no column mixes halves.
  step *= Math.max(1, Math.ceil((to - from) / step / MAX_COLUMNS))
  const origin = Math.floor(from / step) * step
  const n = Math.floor((to - origin) / step) + 1
  const xs = Array.from({ length: n }, (_, i) => (origin + i * step) / 1000)
  const total = new Array<number>(n).fill(0)
  const dst = keys ? new Array<number>(n).fill(0) : null
  const put = (list: Bucket[] | undefined, into: number[]): void => {
    for (const [at, value] of list ?? []) {
      const i = Math.floor((at - origin) / step)
      if (i >= 0 && i < n) into[i] = (into[i] ?? 0) + value
    }
  }
  put(first, total)
  if (dst) {
    put(second, dst)
    dst.forEach((value, i) => (total[i] = (total[i] ?? 0) + value))
  }
  return { xs, total, dst, interval: step / 1000 }
}

/** Fewer columns would be taken for areas: one alone for a bar that fills the page. */
const LEAST_COLUMNS = 24

/** With empty time on both sides of very few columns. */
export function roomy(chart: Chart): Chart {
  const lacking = LEAST_COLUMNS - chart.xs.length
  if (!chart.xs.length || lacking <= 0) return chart
  const before = Math.floor(lacking / 2)
  const begin = (chart.xs[0] ?? 0) - before * chart.interval
  const around = (list: readonly number[]): number[] => [...new Array<number>(before).fill(0), ...list, ...new Array<number>(lacking - before).fill(0)]
  return { ...chart, xs: Array.from({ length: LEAST_COLUMNS }, (_, i) => begin + i * chart.interval), total: around(chart.total), dst: chart.dst && around(chart.dst) }
}

/** Over all time the server answers in hours; where everything lies close together, finer columns say more. */
export function finer(graph: Graph): 'second' | 'minute' | null {
  const times = (graph.sessionsHisto ?? []).map(([at]) => at)
  if (!times.length) return null
  const span = (Math.max(...times) - Math.min(...times)) / 1000 + graph.interval
  const wanted = span <= 3600 ? 1 : span <= 4 * 86_400 ? 60 : graph.interval
  if (wanted >= graph.interval) return null
  return wanted === 1 ? 'second' : 'minute'
}

/** A brushed stretch as whole buckets, epoch milliseconds. */
export function brushed(from: number, to: number, interval: number): { start: number; stop: number } {
  const step = interval * 1000
  const start = Math.floor((from * 1000) / step) * step
  return { start, stop: Math.max(start + step, Math.ceil((to * 1000) / step) * step) }
}
