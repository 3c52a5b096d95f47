import { expect, test } from 'vitest'
import type { LossesAnswer } from '@/api/statistics'
import { markAt, marksOf } from './losses'
import type { Chart } from './timeline'

const chart = (interval: number, n: number): Chart => ({ xs: Array.from({ length: n }, (_, i) => 1000 + i * interval), total: [], dst: null, interval })
const lost = (time: number, count: number, stage = 'kernel', node = 'a'): LossesAnswer['data'][number] => ({ time, losses: [{ node, interface: 'eth0', stage, reason: 'ring', unit: 'packets', count }] })
const answer = (interval: number, ...data: LossesAnswer['data']): LossesAnswer => ({ interval, total: 0, data })

test('a mark covers whole columns, and what falls into the same ones is added up', () => {
  const marks = marksOf(answer(10, lost(1_070_000, 5, 'disk'), lost(1_060_000, 3), lost(1_060_000, 4, 'kernel', 'b')), chart(60, 5))
  expect(marks).toEqual([{ from: 1060, to: 1120, losses: [{ stage: 'kernel', reason: 'ring', unit: 'packets', count: 7 }, { stage: 'disk', reason: 'ring', unit: 'packets', count: 5 }] }])
})

test('columns finer than the series: the mark is as wide as what is known', () => {
  const marks = marksOf(answer(10, lost(1_020_000, 1)), chart(1, 60))
  expect(marks.map(({ from, to }) => [from, to])).toEqual([[1020, 1030]])
  expect(markAt(marks, 1029.5)?.losses[0]?.count).toBe(1)
  expect(markAt(marks, 1030)).toBeUndefined()
})

test('nothing outside of the chart, and no chart, no marks', () => {
  expect(marksOf(answer(10, lost(500_000, 1), lost(9_000_000, 1)), chart(60, 5))).toEqual([])
  expect(marksOf(answer(10, lost(995_000, 1)), chart(60, 5)).map(({ from, to }) => [from, to])).toEqual([[1000, 1060]])
  expect(marksOf(answer(10, lost(1_000_000, 1)), { xs: [], total: [], dst: null, interval: 1 })).toEqual([])
})
