import { expect, test } from 'vitest'
import { joined, quoted, term } from './expression'

test('quotes only what needs it', () => {
  expect(quoted('10.1.2.3')).toBe('10.1.2.3')
  expect(quoted('a b')).toBe('"a b"')
  expect(quoted('say "hi"\\')).toBe('"say \\"hi\\"\\\\"')
  expect(quoted('/index.html')).toBe('"/index.html"')
  expect(quoted('后台')).toBe('"后台"')
  expect(quoted(443)).toBe('443')
})

test('joins with the precedence the reader expects', () => {
  expect(joined('', '&&', 'a == 1')).toBe('a == 1')
  expect(joined('a == 1', '&&', 'b == 2')).toBe('a == 1 && b == 2')
  expect(joined('a == 1 || b == 2', '&&', 'c == 3')).toBe('(a == 1 || b == 2) && c == 3')
  expect(joined('(a == 1 || b == 2)', '&&', 'c == 3')).toBe('(a == 1 || b == 2) && c == 3')
  expect(joined('a == "x || y"', '&&', 'c == 3')).toBe('a == "x || y" && c == 3')
  expect(joined('a == 1', '&&', 'b == 2 || c == 3')).toBe('a == 1 && (b == 2 || c == 3)')
  expect(joined('a == 1', '||', 'b == 2')).toBe('a == 1 || b == 2')
})

test('a term', () => expect(term('http.uri', '!=', '/a b')).toBe('http.uri != "/a b"'))
