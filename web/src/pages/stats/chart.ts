// What the charts of the statistics show, as columns for uPlot.

import type { LossSeries, StatsSeries } from '@/api/statistics'

export interface Curve {
  /** Key of its label: `stats.curve.<key>`; a loss is `<stage>`. */
  key: string
  /** Colour token. */
  token: string
  values: (number | null)[]
}

export type Unit = 'count' | 'bytes' | 'bits' | 'percent'

export interface ChartOf {
  key: string
  unit: Unit
  /** Drawn as filled areas one on the other. */
  stacked?: boolean
  curves: Curve[]
}

/** In the order of a packet's life; each with a colour of its own. */
export const STAGES = ['kernel', 'source', 'disk', 'memory', 'index'] as const
export type Stage = (typeof STAGES)[number]
export const STAGE_TOKENS: Record<Stage, string> = { kernel: '--bad', source: '--mark', disk: '--warn', memory: '--accent', index: '--dst' }

const times = (values: (number | null)[] | undefined, factor: number): (number | null)[] => (values ?? []).map((n) => (n === null ? null : n * factor))
const known = (values: (number | null)[] | undefined): boolean => Boolean(values?.some((n) => n !== null && n > 0))

/** Losses by stage: reasons of a stage added up, stages in their order. */
export function byStage(losses: readonly LossSeries[]): Curve[] {
  return STAGES.flatMap((stage) => {
    const mine = losses.filter((one) => one.stage === stage)
    if (!mine.length) return []
    const values = (mine[0]?.values ?? []).map((_, i) => {
      const all = mine.map((one) => one.values[i] ?? null)
      return all.every((n) => n === null) ? null : all.reduce<number>((sum, n) => sum + (n ?? 0), 0)
    })
    return [{ key: stage, token: STAGE_TOKENS[stage], values }]
  })
}

/** Every chart of the page. Charts of what is never measured (the disk of an interface) are left out. */
export function chartsOf(series: StatsSeries): ChartOf[] {
  const { rates, gauges } = series
  const charts: ChartOf[] = [
    { key: 'packets', unit: 'count', curves: [{ key: 'packets', token: '--accent', values: rates.packets ?? [] }, { key: 'written', token: '--dst', values: rates.written ?? [] }] },
    { key: 'bits', unit: 'bits', curves: [{ key: 'captured', token: '--accent', values: times(rates.bytes, 8) }, { key: 'writtenBits', token: '--dst', values: times(rates.written_bytes, 8) }] },
    { key: 'lost', unit: 'count', stacked: true, curves: byStage(series.losses) },
    { key: 'sessions', unit: 'count', curves: [{ key: 'open', token: '--accent', values: gauges.open_sessions ?? [] }] },
    { key: 'began', unit: 'count', curves: [{ key: 'began', token: '--accent', values: rates.sessions ?? [] }, { key: 'documents', token: '--dst', values: rates.documents ?? [] }] },
    { key: 'memory', unit: 'bytes', curves: [{ key: 'process', token: '--accent', values: gauges.process_memory ?? [] }, { key: 'held', token: '--dst', values: gauges.memory ?? [] }] },
    { key: 'cpu', unit: 'percent', curves: [{ key: 'cpu', token: '--accent', values: rates.cpu ?? [] }] },
    { key: 'disk', unit: 'bytes', curves: [{ key: 'free', token: '--accent', values: gauges.disk_free ?? [] }] },
    { key: 'queue', unit: 'count', curves: [{ key: 'waiting', token: '--accent', values: gauges.queue_documents ?? [] }, { key: 'stalls', token: '--warn', values: rates.write_stalls ?? [] }] },
  ]
  return charts
    .map((chart) => ({ ...chart, curves: chart.curves.filter((curve, i) => i === 0 || chart.stacked || known(curve.values)) }))
    .filter((chart) => chart.key === 'lost' || chart.curves.some((curve) => curve.values.some((n) => n !== null)))
}

export interface LossRow {
  stage: string
  reason: string
  unit: string
  total: number
}

/** What was lost in the whole range, worst first. */
export function lossRows(losses: readonly LossSeries[]): LossRow[] {
  return losses.map(({ stage, reason, unit, total }) => ({ stage, reason, unit, total })).sort((a, b) => b.total - a.total)
}

/** Ranges of the page, hours, with the seconds between two looks. */
export const RANGES = [
  { date: '0.25', key: 'm15', refresh: 5 },
  { date: '1', key: 'h1', refresh: 10 },
  { date: '6', key: 'h6', refresh: 10 },
  { date: '24', key: 'h24', refresh: 30 },
  { date: '168', key: 'd7', refresh: 60 },
  { date: '720', key: 'd30', refresh: 300 },
  { date: '8760', key: 'y1', refresh: 600 },
] as const

export interface StatsState {
  /** Hours back from now, or `''` for the fixed range. */
  date: string
  startTime: string
  stopTime: string
  node: string
  interface: string
  live: boolean
}

type Params = Record<string, unknown>
const text = (query: Params, key: string): string => (typeof query[key] === 'string' ? (query[key] as string) : '')

export function readStats(query: Params): StatsState {
  const startTime = text(query, 'startTime')
  const stopTime = text(query, 'stopTime')
  const fixed = Boolean(startTime && stopTime)
  const date = RANGES.find((range) => range.date === text(query, 'date'))?.date ?? '1'
  return { date: fixed ? '' : date, startTime: fixed ? startTime : '', stopTime: fixed ? stopTime : '', node: text(query, 'node'), interface: text(query, 'interface'), live: !fixed && text(query, 'live') !== '0' }
}

export function writeStats(state: StatsState): Record<string, string> {
  const out: Record<string, string> = {}
  if (state.startTime && state.stopTime) Object.assign(out, { startTime: state.startTime, stopTime: state.stopTime })
  else {
    if (state.date !== '1') out.date = state.date
    if (!state.live) out.live = '0'
  }
  if (state.node) out.node = state.node
  if (state.interface) out.interface = state.interface
  return out
}

export const queryOf = (state: StatsState): { date?: string; startTime?: string; stopTime?: string; nodeName?: string; interface?: string } => ({
  ...(state.startTime ? { startTime: state.startTime, stopTime: state.stopTime } : { date: state.date }),
  nodeName: state.node || undefined,
  interface: state.interface || undefined,
})
