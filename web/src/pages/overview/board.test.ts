import { expect, test } from 'vitest'
import { factory, MAX_WIDGETS, readBoard, summaryFields, widget, writeBoard } from './board'

test('a board survives being stored', () => {
  const board = factory()
  const again = readBoard(JSON.parse(JSON.stringify(writeBoard(board))))
  expect(again?.map(({ id, ...rest }) => (expect(id).toBeTruthy(), rest))).toEqual(writeBoard(board).widgets)
  expect(new Set(again?.map((one) => one.id)).size).toBe(board.length)
})

test('what somebody else stored is read as far as it makes sense', () => {
  expect(readBoard(null)).toBeNull()
  expect(readBoard({ widgets: 'all' })).toBeNull()
  expect(readBoard([{ kind: 'iframe' }, 7])).toBeNull()
  const [one] = readBoard([{ kind: 'top', size: 'huge', field: 'a,b;c', metric: 'money', count: 1e9, view: '<b>' }]) ?? []
  expect(one).toMatchObject({ kind: 'top', size: 's', field: 'ip.dst', metric: 'bytes', count: 8, view: 'bar' })
  expect(readBoard([{ kind: 'map', field: 'nowhere' }])?.[0]?.field).toBe('dst')
  expect(readBoard(Array.from({ length: 200 }, () => ({ kind: 'totals' })))).toHaveLength(MAX_WIDGETS)
})

test('widgets share one question', () => {
  const board = [widget('top', { field: 'ip.src', count: 5 }), widget('top', { field: 'ip.src', count: 20 }), widget('top', { field: 'host', metric: 'sessions' }), widget('top', { field: 'tags', order: 'asc' }), widget('map')]
  expect(summaryFields(board, 'desc')).toEqual({ fields: 'ip.src;bar;bytes,host;bar;sessions', length: 20 })
  expect(summaryFields(board, 'asc').fields).toBe('tags;bar;bytes')
  expect(summaryFields([], 'desc').fields).toBe('')
})
