import { expect, test } from 'vitest'
import { Catalog } from '@/catalog/catalog'
import { arrange, withoutSide } from './detail'

const field = (exp: string, dbField: string, group: string, friendlyName: string, type = 'termfield') => ({ exp, dbField, group, friendlyName, type })
const catalog = new Catalog([
  field('ip.src', 'source.ip', 'general', 'Src IP', 'ip'),
  field('ip.dst', 'destination.ip', 'general', 'Dst IP', 'ip'),
  field('protocols', 'protocol', 'general', 'Protocols'),
  field('http.uri', 'http.uri', 'http', 'URI'),
  field('cert.issuer.cn', 'cert.issuerCN', 'cert', 'Issuer CN'),
  field('cert.alt', 'cert.alt', 'cert', 'Alt Name'),
])

const doc = {
  id: '3@1-a',
  source: { ip: '10.0.0.1' },
  destination: { ip: '10.0.0.2' },
  protocol: ['tcp', 'http'],
  protocolCnt: 2,
  http: { uri: ['/a', '/b'], uriCnt: 2, newThing: 'x' },
  cert: [{ alt: ['a', 'b'], altCnt: 2, issuerCN: ['ca'] }, { alt: ['c'] }],
  certCnt: 2,
  packetPos: [1, 2, 3],
  perf: { tcp: { lost: { src: 1 } } },
}

test('directions stand side by side', () => {
  const general = arrange(doc, catalog)[0]
  expect(general?.name).toBe('general')
  expect(general?.pairs).toHaveLength(1)
  expect(general?.pairs[0]).toMatchObject({ label: 'IP', src: { values: ['10.0.0.1'] }, dst: { values: ['10.0.0.2'] } })
  expect(general?.rows.map((row) => row.label)).toEqual(['Protocols'])
})

test('records of a list stay together, in the order of the catalogue', () => {
  const cert = arrange(doc, catalog).find((group) => group.name === 'cert')
  expect(cert?.records.map((record) => record.rows.map((row) => [row.label, row.values]))).toEqual([
    [['Issuer CN', ['ca']], ['Alt Name', ['a', 'b']]],
    [['Alt Name', ['c']]],
  ])
})

test('nothing is dropped: what the catalogue does not know is shown by its path', () => {
  const groups = arrange({ ...doc, strange: 7 }, catalog)
  expect(groups.flatMap((group) => group.rows).map((row) => row.key)).toEqual(expect.arrayContaining(['http.newThing', 'strange']))
  expect(groups.flatMap((group) => group.rows).map((row) => row.key)).not.toContain('packetPos')
})

test('labels without their direction', () => {
  expect(withoutSide('Src IP')).toBe('IP')
  expect(withoutSide('Retransmissions Dst')).toBe('Retransmissions')
  expect(withoutSide('Src')).toBe('Src')
  expect(withoutSide('Src data bytes')).toBe('Data bytes')
})
