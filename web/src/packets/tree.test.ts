import { expect, test } from 'vitest'
import type { TreeNode } from '@/api/packetTree'
import { nodeAt, parentsOf, rowsOf, worst } from './tree'

const layers: TreeNode[] = [
  { label: 'Ethernet', start: 0, length: 14, children: [{ label: 'Type', start: 12, length: 2 }] },
  {
    label: 'IP', start: 14, length: 20,
    children: [{ label: 'Flags', start: 20, length: 1, children: [{ label: 'DF', start: 20, length: 1, notes: [{ severity: 'warning', text: 'x' }] }] }],
  },
  { label: 'Inside', start: 0, length: 4, source: 1 },
]

test('rows below what is open', () => {
  expect(rowsOf(layers, new Set()).map((row) => row.key)).toEqual(['0', '1', '2'])
  expect(rowsOf(layers, new Set(['1', '1.0'])).map((row) => [row.key, row.depth])).toEqual([['0', 0], ['1', 0], ['1.0', 1], ['1.0.0', 2], ['2', 0]])
})

test('a byte leads to the narrowest field of its source', () => {
  expect(nodeAt(layers, 0, 12)).toBe('0.0')
  expect(nodeAt(layers, 0, 20)).toBe('1.0.0')
  expect(nodeAt(layers, 0, 3)).toBe('0')
  expect(nodeAt(layers, 1, 3)).toBe('2')
  expect(nodeAt(layers, 0, 99)).toBeNull()
})

test('parents and notes', () => {
  expect(parentsOf('1.0.0')).toEqual(['1', '1.0'])
  expect(parentsOf('1')).toEqual([])
  expect(worst(layers[1] as TreeNode)).toBe('warning')
  expect(worst(layers[0] as TreeNode)).toBeNull()
})
