import { expect, test } from 'vitest'
import { brushed, chartOf, finer, roomy } from './timeline'

test('every bucket is there, also the empty ones', () => {
  const chart = chartOf({ interval: 60, sessionsHisto: [[60_000, 5], [180_000, 2]] }, 'sessions', { start: 30_000, stop: 250_000 })
  expect(chart.xs).toEqual([0, 60, 120, 180, 240])
  expect(chart.total).toEqual([0, 5, 0, 2, 0])
  expect(chart.dst).toBeNull()
})

test('directions are stacked', () => {
  const chart = chartOf(
    { interval: 1, xmin: 0, xmax: 2000, 'source.bytesHisto': [[0, 10], [1000, 20]], 'destination.bytesHisto': [[1000, 5]] }, 'bytes', null)
  expect(chart.total).toEqual([10, 25, 0])
  expect(chart.dst).toEqual([0, 5, 0])
})

test('far too many buckets become fewer, with nothing lost', () => {
  const chart = chartOf({ interval: 1, sessionsHisto: [[0, 1], [86_399_000, 2]] }, 'sessions', { start: 0, stop: 86_400_000 })
  expect(chart.xs.length).toBeLessThanOrEqual(4001)
  expect(chart.total.reduce((sum, n) => sum + n, 0)).toBe(3)
})

test('no data, no columns', () => {
  expect(chartOf({ interval: 1 }, 'sessions', null).xs).toEqual([])
})

test('a brush takes whole buckets', () => {
  expect(brushed(61, 119, 60)).toEqual({ start: 60_000, stop: 120_000 })
  expect(brushed(60, 60, 60)).toEqual({ start: 60_000, stop: 120_000 })
})

test('over all time, what lies close together is asked for again in finer steps', () => {
  expect(finer({ interval: 3600, sessionsHisto: [[0, 5], [3_600_000, 2]] })).toBe('minute')
  expect(finer({ interval: 3600, sessionsHisto: [[0, 5]] })).toBe('second')
  expect(finer({ interval: 3600, sessionsHisto: [[0, 5], [30 * 86_400_000, 2]] })).toBeNull()
  expect(finer({ interval: 60, sessionsHisto: [[0, 5], [7_200_000, 2]] })).toBeNull()
  expect(finer({ interval: 3600 })).toBeNull()
})

test('one column stands among empty time, and is no area', () => {
  const chart = roomy(chartOf({ interval: 60, 'source.bytesHisto': [[600_000, 7]], 'destination.bytesHisto': [[600_000, 2]] }, 'bytes', null))
  expect(chart.xs).toHaveLength(24)
  expect(chart.xs[11]).toBe(600)
  expect(chart.total.filter(Boolean)).toEqual([9])
  expect([chart.total[11], chart.dst?.[11], chart.dst?.length]).toEqual([9, 2, 24])
  expect(chart.xs.every((at, i) => i === 0 || at - (chart.xs[i - 1] ?? 0) === 60)).toBe(true)
})

test('what has columns enough, or none, stays', () => {
  const many = chartOf({ interval: 60, sessionsHisto: [[0, 1], [60_000 * 40, 1]] }, 'sessions', null)
  expect(roomy(many)).toBe(many)
  expect(roomy(chartOf({ interval: 1 }, 'sessions', null)).xs).toEqual([])
})
