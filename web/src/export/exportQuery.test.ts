import { expect, test } from 'vitest'
import { exportQuery, needsPcapng, problemOf, type Choice } from './exportQuery'

const choice: Choice = { format: 'pcap', scope: 'all', segments: 'no', slice: false, from: '', to: '', bpf: '' }
const choices = { picked: ['3@x', '3@y'], visible: ['3@z'], total: 9 }
const common = { date: '-1', expression: 'port == 80' }

test('everything that matches', () => {
  expect(exportQuery(choice, common, choices, 'firstPacket:desc', 'a,b', 0, 'UTC')).toEqual({
    date: '-1', expression: 'port == 80', order: 'firstPacket:desc', segments: undefined, fields: undefined, bpf: undefined, packetStart: undefined, packetStop: undefined,
  })
})

test('named sessions do not carry the search along', () => {
  const query = exportQuery({ ...choice, scope: 'picked', segments: 'all', bpf: ' port 80 ' }, common, choices, '', '', 0, 'UTC')
  expect(query).toMatchObject({ ids: '3@x,3@y', segments: 'all', bpf: 'port 80' })
  expect(query).not.toHaveProperty('expression')
  expect(query).not.toHaveProperty('order')
  expect(exportQuery({ ...choice, scope: 'visible' }, common, choices, 'a:asc', '', 0, 'UTC').ids).toBe('3@z')
})

test('a slice in time, only for packets', () => {
  const slice = { ...choice, slice: true, from: '2026/11/22 21:00:00.250', to: '-1m' }
  const now = Date.UTC(2026, 10, 22, 22)
  expect(exportQuery(slice, common, choices, '', '', now, 'UTC')).toMatchObject({ packetStart: '1795381200.25', packetStop: '1795384740' })
  expect(exportQuery({ ...slice, format: 'csv' }, common, choices, '', 'a,b', now, 'UTC')).toMatchObject({ packetStart: undefined, fields: 'a,b' })
  expect(exportQuery({ ...slice, format: 'json' }, common, choices, '', 'a,b', now, 'UTC').fields).toBeUndefined()
  expect(problemOf(slice, now, 'UTC')).toBeNull()
  expect(problemOf({ ...slice, from: 'x' }, now, 'UTC')).toBe('from')
  expect(problemOf({ ...slice, to: '' }, now, 'UTC')).toBe('to')
  expect(problemOf({ ...slice, to: '-2h' }, now, 'UTC')).toBe('order')
})

test('several link types need pcapng', () => {
  const check = { sessions: 1, packets: 2, bytes: 3, missing: [] }
  expect(needsPcapng('pcap', { ...check, links: [1, 113] })).toBe(true)
  expect(needsPcapng('pcap', { ...check, links: [1] })).toBe(false)
  expect(needsPcapng('pcapng', { ...check, links: [1, 113] })).toBe(false)
  expect(needsPcapng('pcap', check)).toBe(false)
  expect(needsPcapng('pcap', null)).toBe(false)
})
