import { expect, test } from 'vitest'
import { Catalog } from '@/catalog/catalog'
import { BATCH, categoriesOf, chooseable, closed, FACTORY, formatOpen, grown, MOST_IN_BATCH, nextBatch, opened, parseOpen } from './fields'

const field = (exp: string, dbField: string, group = 'general', type = 'termfield', more = {}) => ({ exp, dbField, group, friendlyName: exp, type, ...more })
const catalog = new Catalog([
  field('ip.src', 'source.ip', 'general', 'ip'),
  field('ip', 'ipall', 'general', 'ip', { regex: '^ip' }),
  field('starttime', 'firstPacket', 'general', 'seconds'),
  field('http.uri', 'http.uri', 'http'),
  field('http.uri.cnt', 'http.uriCnt', 'http', 'integer', { noFacet: 'true' }),
  field('http.uri.tokens', 'http.uriTokens', 'http', 'lotextfield'),
])

test('fields come by either name, once, with a size that is sane', () => {
  expect(parseOpen('source.ip:100,ip.src:5,http.uri,nonsense:3,ip:4,starttime:1,http.uri:99999999', catalog)).toEqual([{ path: 'source.ip', size: 5 }, { path: 'http.uri', size: 1000 }])
  expect(formatOpen(parseOpen('source.ip:7', catalog))).toBe('source.ip:7')
  expect(parseOpen('', catalog)).toEqual([])
  expect(FACTORY.split(',').every((part) => /^[\w.]+:\d+$/.test(part))).toBe(true)
})

test('categories hold what can be counted; counts of values only by name', () => {
  const [general, http] = categoriesOf(catalog)
  expect(general?.fields.map((one) => one.exp)).toEqual(['ip.src'])
  expect(http && chooseable(http, '').map((one) => one.exp)).toEqual(['http.uri'])
  expect(http && chooseable(http, 'CNT').map((one) => one.exp)).toEqual(['http.uri.cnt'])
})

test('open, close, more', () => {
  const one = [{ path: 'source.ip', size: 50 }]
  const two = opened(one, [field('http.uri', 'http.uri'), field('ip.src', 'source.ip')])
  expect(two).toEqual([{ path: 'source.ip', size: 50 }, { path: 'http.uri', size: 20 }])
  expect(closed(two, [{ dbField: 'source.ip' }])).toEqual([{ path: 'http.uri', size: 20 }])
  expect(grown(one, 'source.ip')).toEqual([{ path: 'source.ip', size: 100 }])
  expect(grown([{ path: 'a', size: 1000 }], 'a')).toEqual([{ path: 'a', size: 1000 }])
})

test('a quick server is asked for more at a time, a slow one for less', () => {
  expect(nextBatch(BATCH, 20)).toBe(BATCH * 2)
  expect(nextBatch(MOST_IN_BATCH, 20)).toBe(MOST_IN_BATCH)
  expect(nextBatch(32, 600)).toBe(32)
  expect(nextBatch(32, 2_000)).toBe(16)
  expect(nextBatch(BATCH, 2_000)).toBe(BATCH)
})
