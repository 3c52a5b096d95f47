import { expect, test } from 'vitest'
import type { FleetNode } from '@/api/fleet'
import type { NodeRow } from '@/api/statistics'
import { clockOff, fleetRows, isWell } from './fleet'

const node = (name: string, patch: Partial<FleetNode> = {}): FleetNode => ({
  name, host: name, version: '0.1.0', roles: ['capture'], addresses: [`${name}:8006`], dials: [], fingerprint: 'aa:bb', lastSeen: 1000, approved: true,
  state: 'alive', self: false, offset: 0, problem: null, ...patch,
})
const capture = (nodeName: string, patch: Partial<NodeRow> = {}): NodeRow => ({
  nodeName, hostname: nodeName, currentTime: 1, runningTime: 1, retention: 0, monitoring: 0, memory: 0, cpu: 0, freeSpaceM: 2, freeSpaceP: 50, usedSpaceM: 3,
  totalPackets: 9, deltaPacketsPerSec: 7, deltaBitsPerSec: 0, silent: false, losses: [], ...patch,
})

test('nodes that wait come first, then by name, each with the figures of its capture', () => {
  const nodes = [node('s2'), node('s1'), node('s9', { approved: false, state: 'pending' })]
  const rows = fleetRows(nodes, [capture('s1'), capture('elsewhere')])
  expect(rows.map((row) => row.name)).toEqual(['s9', 's1', 's2'])
  expect(rows[1]).toMatchObject({ packetsPerSec: 7, free: 2097152, freeShare: 50, used: 3145728, ways: ['s1:8006'] })
  expect(rows[2]).toMatchObject({ packetsPerSec: null, free: null, freeShare: null, used: null })
})

test('a capture that is over has a disk and no rate', () => {
  const [row] = fleetRows([node('s1')], [capture('s1', { silent: true })])
  expect(row).toMatchObject({ packetsPerSec: null, free: 2097152 })
})

test('only what is alive is well', () => {
  expect(isWell(node('a'))).toBe(true)
  for (const state of ['pending', 'silent', 'skewed', 'unreachable'] as const) expect(isWell(node('a', { state }))).toBe(false)
})

test('a clock is told where it is off', () => {
  const show = (ms: number): string => `${ms / 1000} s`
  expect([null, 0, 5000, -5000].map((offset) => clockOff(offset, show))).toEqual(['', '', '', ''])
  expect(clockOff(3_600_000, show)).toBe('+3600 s')
  expect(clockOff(-6000, show)).toBe('−6 s')
})
