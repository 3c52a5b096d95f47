import { expect, test } from 'vitest'
import { Catalog } from '@/catalog/catalog'
import { columnOf, columnsOf, exportFieldsOf, FACTORY, fieldsOf, moved } from './columns'
import { clicked } from './sort'

const catalog = new Catalog([
  { exp: 'http.uri', dbField: 'http.uri', friendlyName: 'URI', group: 'http', type: 'termfield' },
  { exp: 'ip', dbField: 'ipall', friendlyName: 'All IP', group: 'general', type: 'ip', regex: '^ip' },
])

test('columns are composed ones or fields; what is neither is left out', () => {
  expect(columnsOf([...FACTORY, 'http.uri', 'ip', 'nonsense'], catalog).map((one) => one.id)).toEqual([...FACTORY, 'http.uri'])
  expect(columnOf('http.uri', catalog)).toMatchObject({ render: 'field', sort: 'http.uri' })
})

test('asks for every path once', () => {
  const fields = fieldsOf(columnsOf(['firstPacket', 'length', 'http.uri'], catalog)).split(',')
  expect(new Set(fields).size).toBe(fields.length)
  expect(fields).toContain('http.uri')
})

test('a CSV has columns for fields that the server knows, and none for objects', () => {
  expect(exportFieldsOf(columnsOf(['perf', 'info'], catalog), catalog)).toBe('http.uri')
})

test('moving keeps everything', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a'])
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
  expect(moved(['a'], 5, 0)).toEqual(['a'])
})

test('sort keys', () => {
  const one = clicked([{ field: 'a', desc: true }], 'b', false)
  expect(one).toEqual([{ field: 'b', desc: true }])
  expect(clicked(one, 'b', false)).toEqual([{ field: 'b', desc: false }])
  const two = clicked(one, 'c', true)
  expect(two).toEqual([{ field: 'b', desc: true }, { field: 'c', desc: true }])
  expect(clicked(clicked(two, 'c', true), 'c', true)).toEqual(one)
  expect(clicked(two, 'b', false)).toEqual([{ field: 'b', desc: true }])
})
