import { expect, test } from 'vitest'
import { arcsOf, ringPath } from './arcs'
import { ALPHA2, DOTS } from './countryCodes'
import { flowsOf } from './flows'
import { fitted, plainText, rounded, seriesColour, shareText, type Tree } from './marks'
import { tilesOf } from './tiles'
import { countryName, loadWorld, stepOf, stepsOf } from './world'

const tree: Tree = {
  name: 'all', size: 0,
  children: [
    { name: 'a', size: 60, children: [{ name: 'x', size: 40 }, { name: 'y', size: 20 }] },
    { name: 'b', size: 40, children: [{ name: 'x', size: 70 }] },
  ],
}

test('parts that are more than their whole make the whole larger', () => {
  expect(rounded(tree).children?.map((one) => one.size)).toEqual([60, 70])
  expect(rounded(tree).size).toBe(130)
})

test('a ring for each field, arcs with their way', () => {
  const arcs = arcsOf(tree, 100, 20)
  expect(arcs.map((arc) => arc.way.join('/')).sort()).toEqual(['a', 'a/x', 'a/y', 'b', 'b/x'])
  expect(new Set(arcs.filter((arc) => arc.way[0] === 'a').map((arc) => arc.colour)).size).toBe(1)
  expect(arcsOf({ name: '', size: 0 }, 100, 20)).toEqual([])
  // a single value is a whole turn, which one arc cannot draw
  expect(ringPath(0, Math.PI * 2, 10, 20).match(/A/g)).toHaveLength(4)
})

test('tiles lie inside, side by side and as large as their values', () => {
  const flat: Tree = { name: '', size: 0, children: [{ name: 'a', size: 75 }, { name: 'b', size: 25 }] }
  const tiles = tilesOf(flat, 400, 200)
  const area = tiles.map((tile) => tile.width * tile.height)
  expect((area[0] ?? 0) / ((area[0] ?? 0) + (area[1] ?? 1))).toBeCloseTo(0.75, 1)
  for (const tile of tilesOf(tree, 400, 200)) {
    expect(tile.x >= 0 && tile.y >= 0 && tile.x + tile.width <= 400 && tile.y + tile.height <= 200).toBe(true)
  }
  expect(tilesOf(flat, 0, 200)).toEqual([])
})

test('the same value under two parents is one node', () => {
  const { nodes, links, columns } = flowsOf(tree, 600, 300)
  expect(columns).toBe(2)
  expect(nodes.filter((node) => node.level === 1).map((node) => [node.mark.name, node.mark.size])).toEqual([['x', 110], ['y', 20]])
  expect(links.map((link) => `${link.from}>${link.to} ${link.size}`).sort()).toEqual(['a>x 40', 'a>y 20', 'b>x 70'])
})

test('a value that is found in both columns is no circle', () => {
  const same: Tree = { name: '', size: 0, children: [{ name: 'a', size: 1, children: [{ name: 'a', size: 1 }, { name: 'b', size: 0 }] }] }
  expect(flowsOf(same, 600, 300).links).toHaveLength(1)
  expect(flowsOf({ name: '', size: 0, children: [{ name: 'a', size: 1 }] }, 600, 300).links).toEqual([])
})

test('texts', () => {
  expect(plainText('a\u202eb\u0000c')).toBe('a·b·c')
  expect(fitted('abcdefgh', 40, 8)).toBe('abcd…')
  expect(fitted('abcdefgh', 20, 8)).toBe('')
  expect(shareText(1, 3)).toBe('33.3 %')
  expect(shareText(1, 1e6)).toBe('< 0.1 %')
  expect(shareText(1, 0)).toBe('')
  expect(seriesColour(0)).toBe('var(--series-1)')
  expect(seriesColour(8)).toBe('var(--series-other)')
})

test('every country of the map has its code, and what it lacks is a dot', async () => {
  const world = await loadWorld()
  const codes = new Set(world.map((one) => one.code))
  for (const code of ['US', 'CN', 'DE', 'TW', 'XK', 'ZA', 'FR']) expect(codes).toContain(code)
  expect(world.filter((one) => !one.code).length).toBeLessThanOrEqual(2)
  // every country with hosts of its own is there in one form
  expect([...ALPHA2.values()].filter((code) => !codes.has(code) && !DOTS[code])).toEqual(expect.arrayContaining(['AQ', 'BV', 'UM']))
  expect([...ALPHA2.values()].filter((code) => !codes.has(code) && !DOTS[code]).length).toBe(3)
  expect(Object.keys(DOTS).filter((code) => codes.has(code))).toEqual([])
})

test('names of countries in both languages; what is no code stays', () => {
  expect(countryName('DE', 'en')).toBe('Germany')
  expect(countryName('DE', 'zh')).toBe('德国')
  expect(countryName('---', 'en')).toBe('---')
  expect(countryName('<b>', 'zh')).toBe('<b>')
})

test('steps of colour', () => {
  const bounds = stepsOf([1, 10, 100, 1000, 46_805])
  expect(bounds[0]).toBe(1)
  expect([...bounds].sort((a, b) => a - b)).toEqual(bounds)
  expect(stepOf(46_805, bounds)).toBe(bounds.length - 1)
  expect(stepOf(1, bounds)).toBe(0)
  expect(stepOf(0, bounds)).toBe(-1)
  expect(stepsOf([])).toEqual([])
  expect(stepsOf([5, 5])).toEqual([5])
})
