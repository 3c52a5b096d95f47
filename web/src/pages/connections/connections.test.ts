import { expect, test } from 'vitest'
import type { ConnectionLink, ConnectionNode } from '@/api/analysis'
import { fitted, linkAt, nodeAt, zoomed } from './draw'
import { Layout } from './layout'
import { factOf, roleOf, sceneOf, seenOf } from './scene'
import { readState, writeState } from './state'

const node = (id: string, sessions: number, type: 1 | 2 | 3 = 1, inresult: 1 | 2 | 3 = 1): ConnectionNode => ({ id, cnt: 1, sessions, type, inresult, 'network.bytes': sessions * 10 })
const link = (source: number, target: number, value: number): ConnectionLink => ({ source, target, value, 'network.bytes': 1 })
const answer = { nodes: [node('hub', 9), node('a', 5, 2), node('b', 4, 3, 2), node('alone', 1)], links: [link(0, 1, 5), link(0, 2, 4)] }

test('choices come back from the URL under names that Arkime has', () => {
  const state = { srcField: 'ip.src', dstField: 'host.http', minConn: 3, length: 10_000, baseline: '2x', visible: 'new', facts: ['http.uri'], view: 'links' } as const
  const query = Object.fromEntries(Object.entries(writeState({ ...state, facts: [...state.facts] })).filter(([, value]) => value !== null)) as Record<string, string>
  expect(query).toMatchObject({ baselineDate: '2x', baselineVis: 'new', minConn: '3', length: '10000' })
  expect(readState(query)).toEqual(state)
  expect(Object.values(writeState(readState({ minConn: '-4', length: 'many', baselineDate: '-1' }))).every((value) => value === null)).toBe(true)
})

test('a hidden node goes, with those that only it had', () => {
  expect(sceneOf(answer, 'sessions', new Set()).nodes.map((one) => one.node.id)).toEqual(['hub', 'a', 'b', 'alone'])
  expect(sceneOf(answer, 'sessions', new Set(['a'])).nodes.map((one) => one.node.id)).toEqual(['hub', 'b', 'alone'])
  const without = sceneOf(answer, 'sessions', new Set(['hub']))
  expect(without.nodes.map((one) => one.node.id)).toEqual(['alone'])
  expect(without.links).toEqual([])
})

test('too many nodes: the heaviest are drawn, the rest is counted', () => {
  const scene = sceneOf(answer, 'bytes', new Set(), 2)
  expect(scene.nodes.map((one) => one.node.id)).toEqual(['hub', 'a'])
  expect(scene.left).toBe(2)
  expect(scene.links).toHaveLength(1)
  expect(scene.near.map((one) => [...one])).toEqual([[1], [0]])
  expect(scene.nodes[0]?.radius).toBeGreaterThan(scene.nodes[1]?.radius ?? 99)
})

test('a link to a node that is not there is no link', () => {
  expect(sceneOf({ nodes: [node('a', 1)], links: [link(0, 7, 1)] }, 'sessions', new Set()).links).toEqual([])
})

test('roles, comparison and facts', () => {
  expect(answer.nodes.map(roleOf)).toEqual(['src', 'dst', 'both', 'src'])
  expect(answer.nodes.map(seenOf)).toEqual(['new', 'new', 'old', 'new'])
  expect([factOf({ a: 5 }, 'a'), factOf({ a: ['x', 1] }, 'a'), factOf({ a: 'x' }, 'a'), factOf({}, 'a')]).toEqual([5, ['x', '1'], ['x'], null])
})

test('the layout parts the nodes, keeps what is held and comes to rest', () => {
  const layout = new Layout({ radii: [10, 5, 5, 5], links: [[0, 1], [0, 2]], fixed: [] })
  layout.hold(0, 50, -20)
  for (let i = 0; i < 600 && !layout.settled; i++) layout.tick()
  expect(layout.settled).toBe(true)
  const at = layout.positions()
  expect([at[0], at[1]]).toEqual([50, -20])
  for (const [a, b] of [[0, 1], [0, 2], [1, 2], [0, 3]] as const) expect(Math.hypot((at[a * 2] ?? 0) - (at[b * 2] ?? 0), (at[a * 2 + 1] ?? 0) - (at[b * 2 + 1] ?? 0))).toBeGreaterThan(10)
  layout.free(0)
  layout.warm()
  expect(layout.settled).toBe(false)
  // what stood somewhere begins there
  const again = new Layout({ radii: [5, 5], links: [], at: Float32Array.of(7, 8, NaN, NaN) })
  expect([...again.positions().slice(0, 2)]).toEqual([7, 8])
})

test('what lies under the pointer', () => {
  const scene = sceneOf(answer, 'sessions', new Set())
  const at = Float32Array.of(0, 0, 100, 0, 0, 100, -100, -100)
  const view = { k: 1, x: 10, y: 10 }
  expect(nodeAt(scene, at, view, 12, 12)).toBe(0)
  expect(nodeAt(scene, at, view, 60, 60)).toBe(-1)
  expect(linkAt(scene, at, view, 60, 12)).toBe(0)
  expect(linkAt(scene, at, view, 60, 40)).toBe(-1)
})

test('fit shows all; a zoom keeps the place under the pointer', () => {
  const scene = sceneOf(answer, 'sessions', new Set())
  const at = Float32Array.of(0, 0, 4000, 0, 0, 3000, -100, -100)
  const size = { width: 900, height: 500 }
  const view = fitted(scene, at, size)
  for (let i = 0; i < 4; i++) {
    const [x, y] = [(at[i * 2] ?? 0) * view.k + view.x, (at[i * 2 + 1] ?? 0) * view.k + view.y]
    expect(x >= 0 && x <= size.width && y >= 0 && y <= size.height).toBe(true)
  }
  const near = zoomed(view, 2, 300, 200)
  expect((300 - near.x) / near.k).toBeCloseTo((300 - view.x) / view.k)
  expect(fitted(sceneOf({ nodes: [], links: [] }, 'sessions', new Set()), new Float32Array(), size).k).toBe(1)
})
