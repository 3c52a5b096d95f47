import { expect, test } from 'vitest'
import type { CaptureFile } from '@/api/types'
import { columnsOf, like, nodesOf, shown, sums } from './files'

const file = (num: number, patch: Partial<CaptureFile> = {}): CaptureFile => ({ num, node: 'a', name: `/data/f${num}.pcap`, filesize: num * 100, packets: num, ...patch })
const files = [file(1, { damage: 'cut at byte 7' }), file(2, { node: 'b', locked: 1 }), file(10, { compression: 'zstd' }), file(3, { filesize: -1 })]
const nums = (name: string, node: string, state: Parameters<typeof shown>[1]['state'], sort = 'num', desc = false): number[] => shown(files, { name, node, state }, sort, desc).map((one) => one.num)

test('filters by name, node and state', () => {
  expect(nums('', '', 'all')).toEqual([1, 2, 3, 10])
  expect(nums('F1*PCAP', '', 'all')).toEqual([1, 10])
  expect(nums('', 'b', 'all')).toEqual([2])
  expect(nums('', '', 'damaged')).toEqual([1])
  expect(nums('', '', 'kept')).toEqual([2])
  expect(nums('', '', 'compressed')).toEqual([10])
  expect(nums('', '', 'open')).toEqual([3])
  expect(like('/data/a.pcap', 'pcap*data')).toBe(false)
})

test('sorts numbers as numbers, and keeps the order where they are the same', () => {
  expect(nums('', '', 'all', 'num', true)).toEqual([10, 3, 2, 1])
  expect(nums('', '', 'all', 'node')).toEqual([1, 3, 10, 2])
  expect(nums('', '', 'all', 'filesize')).toEqual([3, 1, 2, 10])
})

test('sums leave files without a size out', () => expect(sums(files)).toEqual({ files: 4, bytes: 1300, packets: 16, damaged: 1, kept: 1 }))

test('columns and nodes', () => {
  expect(columnsOf('name,nonsense,num').map((one) => one.key)).toEqual(['num', 'name'])
  expect(columnsOf('').length).toBeGreaterThan(4)
  expect(nodesOf(files)).toEqual(['a', 'b'])
})
