import { expect, test } from 'vitest'
import type { StatsSeries } from '@/api/statistics'
import { stack } from '@/charts/stack'
import { byStage, chartsOf, lossRows, queryOf, readStats, writeStats } from './chart'

const series = (patch: Partial<StatsSeries>): StatsSeries => ({
  start: 0, stop: 20_000, interval: 10, nodes: ['a'], interfaces: ['eth0'], times: [0, 10_000], rates: {}, gauges: {}, losses: [], ...patch,
})

test('reasons of a stage add up, and what was not heard stays unknown', () => {
  const losses = [
    { stage: 'index', reason: 'slow', unit: 'documents', total: 3, values: [null, 3] },
    { stage: 'disk', reason: 'full', unit: 'packets', total: 1, values: [null, 1] },
    { stage: 'disk', reason: 'slow', unit: 'packets', total: 2, values: [null, 2] },
  ]
  expect(byStage(losses).map((curve) => [curve.key, curve.values])).toEqual([['disk', [null, 3]], ['index', [null, 3]]])
  expect(lossRows(losses).map((row) => row.total)).toEqual([3, 2, 1])
})

test('a stack grows from the last curve up', () => {
  const curve = (values: (number | null)[]) => ({ key: 'x', token: '--bad', values })
  expect(stack([curve([1, null, null]), curve([2, 3, null])])).toEqual([[3, 3, null], [2, 3, null]])
})

test('bits are eight to a byte; charts without any value are left out, that of losses never', () => {
  const charts = chartsOf(series({ rates: { packets: [1, null], bytes: [2, null], written_bytes: [0, 0] } }))
  expect(charts.map((chart) => chart.key)).toEqual(['packets', 'bits', 'lost'])
  expect(charts[1]?.curves).toEqual([{ key: 'captured', token: '--accent', values: [16, null] }])
})

test('the state is in the URL', () => {
  const first = readStats({})
  expect(first).toEqual({ date: '1', startTime: '', stopTime: '', node: '', interface: '', live: true })
  expect(writeStats(first)).toEqual({})
  const other = { ...first, date: '24', node: 'n 1', interface: 'eth0', live: false }
  expect(readStats(writeStats(other))).toEqual(other)
  const fixed = readStats({ startTime: '10', stopTime: '20', date: '6', live: '1' })
  expect(fixed).toMatchObject({ date: '', live: false })
  expect(queryOf(fixed)).toEqual({ startTime: '10', stopTime: '20', nodeName: undefined, interface: undefined })
  expect(readStats({ date: '12345' }).date).toBe('1')
})
