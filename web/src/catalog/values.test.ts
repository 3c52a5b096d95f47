import { expect, test } from 'vitest'
import type { Field } from '@/api/types'
import { Catalog, unitOf } from './catalog'
import { exactValue, formatValue, numberAt, scalarsAt, termOf, valueAt } from './values'

const field = (exp: string, type = 'termfield', rest: Partial<Field> = {}): Field =>
  ({ exp, dbField: exp, friendlyName: exp, group: 'general', type, ...rest })

test('reads nested, flattened and half flattened documents', () => {
  expect(valueAt({ source: { ip: '1.2.3.4' } }, 'source.ip')).toBe('1.2.3.4')
  expect(valueAt({ 'source.ip': '1.2.3.4' }, 'source.ip')).toBe('1.2.3.4')
  expect(valueAt({ perf: { 'tcp.lost.src': 3 } }, 'perf.tcp.lost.src')).toBe(3)
  expect(valueAt({ perf: 7 }, 'perf.tcp')).toBeUndefined()
  expect(valueAt({}, 'constructor')).toBeUndefined()
})

test('reads through lists of objects', () => {
  const doc = { cert: [{ issuerCN: ['a', 'b'] }, { issuerCN: ['c'] }, {}] }
  expect(scalarsAt(doc, 'cert.issuerCN')).toEqual(['a', 'b', 'c'])
  expect(numberAt({ n: 'x' }, 'n')).toBeUndefined()
})

test('shows values in their unit', () => {
  expect(formatValue(field('perf.http.time', 'integer'), 2_340_000, 'UTC')).toBe('2.34s')
  expect(formatValue(field('bytes', 'integer'), 2048, 'UTC')).toBe('2.0 KiB')
  expect(exactValue(field('bytes', 'integer'), 2048)).toBe('2,048 B')
  expect(formatValue(field('port.src', 'integer'), 50443, 'UTC')).toBe('50443')
  expect(formatValue(field('packets', 'integer'), 50443, 'UTC')).toBe('50,443')
  expect(formatValue(field('ip.protocol', 'integer'), 6, 'UTC')).toBe('tcp')
  expect(formatValue(field('starttime', 'seconds'), 1_795_305_600_250, 'UTC')).toBe('2026/11/22 00:00:00.250')
  expect(formatValue(field('x', 'integer', { unit: 'us' }), 840, 'UTC')).toBe('840µs')
  expect(formatValue(undefined, 12, 'UTC')).toBe('12')
})

test('a clicked value becomes a term that means this value', () => {
  expect(termOf(field('ip.src'), '10.1.2.3')).toBe('ip.src == 10.1.2.3')
  expect(termOf(field('http.uri'), '/a/')).toBe('http.uri == ["/a/"]')
  expect(termOf(field('http.uri'), '/a b', '!=')).toBe('http.uri != "/a b"')
  expect(termOf(field('starttime', 'seconds'), 1_795_305_600_250)).toBe('starttime == 1795305600')
})

test('a catalogue finds by name, alias and path, and leaves families out of the groups', () => {
  const catalog = new Catalog([
    field('ip', 'ip', { dbField: 'ipall', regex: '^ip' }),
    field('ip.src', 'ip', { dbField: 'source.ip', aliases: ['srcIp'] }),
    field('x.hex', 'termfield', { dbField: 'x' }),
    field('x.utf8', 'termfield', { dbField: 'x' }),
  ])
  expect(catalog.find('srcIp')?.exp).toBe('ip.src')
  expect(catalog.find('source.ip')?.exp).toBe('ip.src')
  expect(catalog.find('x')?.exp).toBe('x.hex')
  expect(catalog.groups.get('general')?.map((one) => one.exp)).toEqual(['ip.src', 'x.hex', 'x.utf8'])
  expect(unitOf(field('starttime', 'seconds'))).toBe('date')
})
