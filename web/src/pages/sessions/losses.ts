// Where the timeline says that something was lost while its packets were captured.

import type { Loss, LossesAnswer } from '@/api/statistics'
import type { Chart } from './timeline'

export interface LossMark {
  /** Epoch seconds; whole columns of the chart. */
  from: number
  to: number
  /** By stage and reason, worst first. */
  losses: Loss[]
}

/** Marks that cover whole columns. What lies in the same columns is one mark; kinds are added up over nodes and interfaces. */
export function marksOf(answer: LossesAnswer, chart: Chart): LossMark[] {
  const first = chart.xs[0]
  const last = chart.xs.at(-1)
  if (first === undefined || last === undefined) return []
  const end = last + chart.interval
  const column = (at: number): number => first + Math.floor((at - first) / chart.interval) * chart.interval
  const marks: (LossMark & { kinds: Map<string, Loss> })[] = []
  for (const { time, losses } of [...answer.data].sort((a, b) => a.time - b.time)) {
    const begins = time / 1000
    const ends = begins + answer.interval
    if (ends <= first || begins >= end) continue
    const from = Math.max(first, column(begins))
    const to = Math.min(end, Math.max(from + chart.interval, column(ends - 0.001) + chart.interval))
    let mark = marks.at(-1)
    if (!mark || mark.from !== from) marks.push((mark = { from, to, losses: [], kinds: new Map() }))
    mark.to = Math.max(mark.to, to)
    for (const { stage, reason, unit, count } of losses) {
      const known = mark.kinds.get(`${stage}.${reason}`)
      if (known) known.count += count
      else mark.kinds.set(`${stage}.${reason}`, { stage, reason, unit, count })
    }
  }
  return marks.map(({ from, to, kinds }) => ({ from, to, losses: [...kinds.values()].sort((a, b) => b.count - a.count) }))
}

/** The mark at a time, epoch seconds. */
export const markAt = (marks: readonly LossMark[], at: number): LossMark | undefined => marks.find((mark) => at >= mark.from && at < mark.to)
