import { expect, test } from 'vitest'
import { Catalog } from './catalog'
import { pairsOf, subjectOf, subjectTerm, targetOf } from './subjects'

const field = (exp: string, dbField: string, type = 'termfield', more = {}) => ({ exp, dbField, group: 'general', friendlyName: exp.toUpperCase(), type, ...more })
const catalog = new Catalog([
  field('ip.src', 'source.ip', 'ip'), field('ip.dst', 'destination.ip', 'ip'), field('port.dst', 'destination.port', 'integer'), field('http.uri', 'http.uri', 'termfield', { help: 'What was asked for' }),
  field('starttime', 'firstPacket', 'seconds'), field('ip', 'ipall', 'ip', { regex: '^ip' }), field('http.uri.cnt', 'http.uriCnt', 'integer', { noFacet: 'true' }),
])

test('fields by either name, and an address with its port', () => {
  expect(subjectOf('destination.ip', catalog).exp).toBe('ip.dst')
  expect(subjectOf('ip.dst:port', catalog)).toMatchObject({ exp: 'ip.dst:port', label: 'IP.DST:port' })
  expect(subjectOf('unheard', catalog)).toMatchObject({ exp: 'unheard', label: 'unheard' })
  expect(pairsOf(catalog).map((one) => one.exp)).toEqual(['ip.dst:port', 'ip.src:port'])
})

test('terms', () => {
  expect(subjectTerm(subjectOf('ip.dst:port', catalog), '10.0.0.1:80')).toBe('ip.dst == 10.0.0.1:80')
  expect(subjectTerm(subjectOf('ip.dst:port', catalog), '2001:db8::1.443')).toBe('ip.dst == 2001:db8::1.443')
  expect(subjectTerm(subjectOf('port.dst', catalog), '80')).toBe('port.dst == 80')
  expect(subjectTerm(subjectOf('http.uri', catalog), 'a "b"')).toBe('http.uri == "a \\"b\\""')
})

test('one value has the menu of its field, several are one term', () => {
  const [src, uri] = [subjectOf('ip.src', catalog), subjectOf('http.uri', catalog)]
  expect(targetOf([src], ['10.0.0.1'], 'local')).toMatchObject({ field: { exp: 'ip.src' }, value: '10.0.0.1' })
  expect(targetOf([src, uri], ['10.0.0.1', '/a'], 'local').term).toBe('ip.src == 10.0.0.1 && http.uri == "/a"')
  expect(targetOf([subjectOf('ip', catalog)], ['10.0.0.1'], 'local').term).toBe('ip == 10.0.0.1')
})
