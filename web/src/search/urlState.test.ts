import { expect, test } from 'vitest'
import { DEFAULT_SORT, ownOf, readState, SEARCH_KEYS, writeState, type SearchState } from './urlState'

const full: SearchState = {
  viewId: 'Uk1', picked: ['3@a', '3@b'],
  expression: 'host.http == "*.example.com" && bytes > 10',
  range: { startTime: '-2d@d', stopTime: '@d' },
  bounding: 'either',
  sort: [{ field: 'network.bytes', desc: true }, { field: 'source.ip', desc: false }],
  columns: ['firstPacket', 'source', 'http.uri'],
  open: '3@261122-abc',
  pane: 'packets',
  view: 'packets',
  base: 'hex',
  at: '3:120+5',
  start: 400,
  metric: 'bytes',
}

test('a full state comes back from its URL', () => {
  expect(readState(writeState(full) as never)).toEqual(full)
})

test('the default state leaves the URL empty', () => {
  const state = readState({})
  expect(writeState(state)).toEqual({})
  expect(state.sort).toEqual(DEFAULT_SORT)
  expect(state.range).toEqual({ date: '1' })
})

test('what is no known value falls back', () => {
  const state = readState({ bounding: 'sideways', graphType: 'x', pane: 'no', view: 'no', base: '7', start: '-5', order: '', expression: null, date: ['-1', '2'] })
  expect(state).toMatchObject({ bounding: 'last', metric: 'sessions', pane: 'fields', view: 'stream', base: 'utf8', start: 0, expression: '', range: { date: '-1' } })
})

test('a start without a stop is no range', () => {
  expect(readState({ startTime: '1', date: '6' }).range).toEqual({ date: '6' })
})

test('how a session is shown is only kept while one is open', () => {
  expect(writeState({ ...full, open: '' })).not.toHaveProperty('pane')
})

test('every parameter of a search is known as one, and the others are left to the page', () => {
  const query = { ...writeState(full), ...writeState({ ...full, range: { date: '6' } }) }
  expect(Object.keys(query).filter((key) => !SEARCH_KEYS.includes(key))).toEqual([])
  expect(ownOf({ ...(query as Record<string, string>), exp: 'ip.src', size: '5' })).toEqual({ exp: 'ip.src', size: '5' })
})
