import { expect, test } from 'vitest'
import type { SpiGraphItem } from '@/api/summary'
import { bothEnds, hierarchyTree, readGraph, rowsOf, sizeOf, sorted, spanOf, treeOf, writeGraph } from './state'

const item = (name: string, count: number, bytes: number): SpiGraphItem => ({
  name, count, graph: { interval: 60 }, map: {}, sessionsHisto: count, 'source.bytesHisto': bytes, 'destination.bytesHisto': 1, 'client.bytesHisto': 2, 'server.bytesHisto': 3, 'source.packetsHisto': 4, 'destination.packetsHisto': 5,
})

test('choices come back from the URL, nonsense does not', () => {
  const state = { fields: ['ip.src', 'ip.dst'], size: 50, type: 'sankey', sort: 'name', lines: true, refresh: 30 } as const
  const query = Object.fromEntries(Object.entries(writeGraph({ ...state, fields: [...state.fields] })).filter(([, value]) => value !== null)) as Record<string, string>
  expect(readGraph(query)).toEqual(state)
  expect(readGraph({ size: '7', spiGraphType: 'cake', sort: 'sideways', refresh: '-1' })).toEqual({ fields: ['protocols'], size: 20, type: 'default', sort: 'graph', lines: false, refresh: 0 })
  expect(Object.values(writeGraph(readGraph({}))).every((value) => value === null)).toBe(true)
  expect(readGraph({ field: 'http.uri' }).fields).toEqual(['http.uri']) // Arkime's older name
})

test('sizes and orders', () => {
  const one = item('b', 3, 100)
  expect((['sessions', 'packets', 'bytes', 'databytes'] as const).map((metric) => sizeOf(one, metric))).toEqual([3, 9, 101, 5])
  const items = [item('10.0.0.10', 1, 9), item('10.0.0.9', 2, 5)]
  expect(sorted(items, 'sessions', 'graph').map((i) => i.name)).toEqual(['10.0.0.9', '10.0.0.10'])
  expect(sorted(items, 'bytes', 'graph').map((i) => i.name)).toEqual(['10.0.0.10', '10.0.0.9'])
  expect(sorted(items, 'bytes', 'name').map((i) => i.name)).toEqual(['10.0.0.9', '10.0.0.10'])
  expect(treeOf([item('a', 0, 0)], 'sessions').children).toEqual([])
})

test('trees and their rows', () => {
  const tree = hierarchyTree([{ name: 'a', size: 5, children: [{ name: 'x', size: 3 }, { name: 'y', size: 2, children: [] }] }, { name: 'b', size: 1 }])
  expect(rowsOf(tree).map((row) => `${row.values.map((one) => one.name).join('/')} ${row.size}`)).toEqual(['a/x 3', 'a/y 2', 'b 1'])
})

test('one span for all timelines; countries of both ends', () => {
  expect(spanOf({ interval: 60, sessionsHisto: [[2000, 1], [1000, 4]] }, null)).toEqual({ start: 1000, stop: 2000 })
  expect(spanOf({ interval: 60 }, null)).toBeNull()
  expect(spanOf({ interval: 60 }, { start: 1, stop: 2 })).toEqual({ start: 1, stop: 2 })
  expect(bothEnds({ src: { SE: 2 }, dst: { SE: 1, US: 4 } })).toEqual({ SE: 3, US: 4 })
})
