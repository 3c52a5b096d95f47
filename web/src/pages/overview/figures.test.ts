import { expect, test } from 'vitest'
import { anyOf, before, changeOf, formatChange, fresh, narrowed, seriesOf, serviceOf } from './figures'

test('the window before ends where this one begins', () => expect(before({ start: 100, stop: 130 })).toEqual({ start: 70, stop: 100 }))

test('changes read well', () => {
  expect(changeOf(5, undefined)).toBeNull()
  expect(changeOf(0, 0)).toEqual({ kind: 'same', percent: 0 })
  expect(changeOf(5, 0)?.kind).toBe('new')
  expect(changeOf(1001, 1000)?.kind).toBe('same')
  expect(formatChange(changeOf(150, 100) ?? { kind: 'same', percent: 0 })).toBe('50 %')
  expect(formatChange(changeOf(95, 100) ?? { kind: 'same', percent: 0 })).toBe('5 %')
  expect(formatChange(changeOf(1000, 100) ?? { kind: 'same', percent: 0 })).toBe('×10')
  expect(formatChange(changeOf(450, 100) ?? { kind: 'same', percent: 0 })).toBe('×4.5')
  expect(changeOf(50, 100)).toEqual({ kind: 'down', percent: 50 })
})

test('a condition joins what is searched for', () => {
  expect(narrowed({ date: '1' }, 'a == 1').expression).toBe('a == 1')
  expect(narrowed({ expression: 'a == 1 || b == 2' }, 'c > 0 || d > 0').expression).toBe('(a == 1 || b == 2) && (c > 0 || d > 0)')
})

test('values in a list are quoted so that they mean themselves', () => {
  expect(anyOf('host', ['a.b', '/x/', 'say "hi"\\'])).toBe('host == [a.b,"/x/","say \\"hi\\"\\\\"]')
})

test('new is what was not there before', () => expect(fresh([['b', 3], ['a', 2]], [['a', 9]])).toEqual([['b', 3]]))

test('ports have names, other numbers do not', () => {
  expect(serviceOf('port.dst', '443')).toBe('https')
  expect(serviceOf('http.statuscode', '443')).toBe('')
})

test('curves stand on the same columns, and what only carries is left out', () => {
  const graph = { interval: 60, xmin: 0, xmax: 180_000, sessionsHisto: [[0, 3], [60_000, 1], [180_000, 2]] as [number, number][] }
  const item = (name: string, histo: [number, number][]) => ({ name, count: 1, graph: { interval: 60, sessionsHisto: histo } })
  const answer = { items: [item('tcp', [[0, 3]]), item('dns', [[60_000, 1]]), item('http', [[0, 2], [180_000, 2]])], graph, recordsTotal: 6, recordsFiltered: 6 }
  const { xs, series } = seriesOf(answer, 'protocols', 'sessions', null, 5)
  expect(xs).toEqual([0, 60, 120, 180])
  expect(series).toEqual([{ label: 'http', total: 4, values: [2, 0, 0, 2] }, { label: 'dns', total: 1, values: [0, 1, 0, 0] }])
})
