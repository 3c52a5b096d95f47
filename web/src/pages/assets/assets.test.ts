import { expect, test } from 'vitest'
import type { Asset } from '@/api/alerts'
import { hostsOf, ipOrder, isFiltered, labelOf, queryOf, readFilter, sortedHosts, termOfAsset, toggled, writeFilter } from './assets'

const asset = (ip: string, more: Partial<Asset> = {}): Asset => ({ ip, category: 'service', type: 'Service', name: 'HTTP', version: '', vendor: '', port: 80, protocol: 'TCP', rules: ['1'], first: 10, last: 20, count: 1, time: 20, devid: 0, session: 's', ...more })

test('rows are put together by address, the latest first, each label once', () => {
  const [one, two] = hostsOf([asset('10.0.0.9'), asset('10.0.0.10', { last: 30 }), asset('10.0.0.9', { last: 40, first: 5, count: 3 }), asset('10.0.0.9', { category: 'midware', name: 'nginx', version: '1.2', port: 8080 })])
  expect(one?.ip).toBe('10.0.0.9')
  expect(one?.assets.map((row) => row.last)).toEqual([40, 20, 20])
  expect(one).toMatchObject({ first: 5, last: 40, count: 5, labels: { service: ['HTTP :80'], midware: ['nginx 1.2 :8080'], os: [], device: [] } })
  expect(two?.ip).toBe('10.0.0.10')
  expect(hostsOf([])).toEqual([])
})

test('addresses are ordered as numbers', () => {
  expect(['fe80::1', '10.0.0.10', '9.255.0.1', '10.0.0.9', '2001::'].sort(ipOrder)).toEqual(['9.255.0.1', '10.0.0.9', '10.0.0.10', '2001::', 'fe80::1'])
  const hosts = hostsOf([asset('10.0.0.10', { last: 1 }), asset('10.0.0.9', { last: 2 }), asset('10.0.0.9', { category: 'os', name: 'Linux', last: 2 })])
  expect(sortedHosts(hosts, 'ip', false).map((one) => one.ip)).toEqual(['10.0.0.9', '10.0.0.10'])
  expect(sortedHosts(hosts, 'last', true).map((one) => one.ip)).toEqual(['10.0.0.9', '10.0.0.10'])
  expect(sortedHosts(hosts, 'os', false).map((one) => one.ip)).toEqual(['10.0.0.10', '10.0.0.9'])
})

test('filters go through the URL', () => {
  const filter = readFilter({ category: 'os,service,os', ip: '10.0.0.0/8' })
  expect(filter).toEqual({ category: ['os', 'service'], type: [], name: [], ip: ['10.0.0.0/8'] })
  expect(readFilter(writeFilter(filter))).toEqual(filter)
  expect(queryOf(filter)).toEqual({ category: 'os,service', ip: '10.0.0.0/8' })
  expect(isFiltered(readFilter({}))).toBe(false)
  expect(toggled(toggled(filter, 'name', 'SSH'), 'category', 'os')).toMatchObject({ category: ['service'], name: ['SSH'] })
})

test('labels and terms', () => {
  expect(labelOf({ name: 'OpenSSH', version: '9.6', port: 22 })).toBe('OpenSSH 9.6 :22')
  expect(labelOf({ name: 'Linux', version: '', port: null })).toBe('Linux')
  expect(termOfAsset({ category: 'os', name: 'Windows XP', ip: '10.0.0.1' })).toBe('evidence.category == os && evidence.name == "Windows XP" && ip == 10.0.0.1')
  expect(termOfAsset({ category: 'os', name: '/a/', ip: 'fe80::1' })).toBe('evidence.category == os && evidence.name == ["/a/"] && ip == fe80::1')
})

test('a system has no port of its own', () => {
  expect(hostsOf([asset('10.0.0.1', { category: 'os', name: 'Ubuntu' })])[0]?.labels.os).toEqual(['Ubuntu'])
})
