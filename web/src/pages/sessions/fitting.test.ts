import { expect, test } from 'vitest'
import { fitting } from './fitting'

const measure = (text: string): number => text.length * 7

test('chips that all fit are all shown', () => {
  expect(fitting(['http', 'tcp'], 84, measure)).toBe(2)
  expect(fitting([], 84, measure)).toBe(0)
})

test('what does not fit leaves room for its number', () => {
  // 40 and 75 wide: the second would be cut
  expect(fitting(['http', 'websocket', 'tcp'], 104, measure)).toBe(1)
  expect(fitting(['http', 'tls', 'websocket', 'tcp'], 106, measure)).toBe(2)
})

test('the first is always shown', () => expect(fitting(['a-very-long-name-of-a-tag', 'b'], 40, measure)).toBe(1))
