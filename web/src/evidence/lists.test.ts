import { expect, test } from 'vitest'
import { joined, parted } from './lists'

test('texts with commas and backslashes come back', () => {
  for (const list of [['a,b', 'c'], ['C:\\dir\\', ',', 'x'], ['\\,', '\\\\', 'a\\b'], ['SQL']]) expect(parted(joined(list)), joined(list)).toEqual(list)
  expect(joined(['Pass, the hash', 'C:\\Windows'])).toBe('Pass\\, the hash,C:\\Windows')
  expect(parted(' a , a,,b')).toEqual(['a', 'b'])
  expect(parted('')).toEqual([])
})
