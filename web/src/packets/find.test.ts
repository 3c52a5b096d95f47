import { expect, test } from 'vitest'
import { matchesIn } from './find'

test('finds without regard to case', () => {
  expect(matchesIn('GET /Get', 'get', false)).toEqual([{ start: 0, end: 3 }, { start: 5, end: 8 }])
  expect(matchesIn('abc', '', false)).toEqual([])
})

test('finds across the lines of a hex dump, with offsets of the shown text', () => {
  expect(matchesIn('passwo\nrd=1', 'WORD', true)).toEqual([{ start: 4, end: 9 }])
  expect(matchesIn('passwo\nrd=1', 'word', false)).toEqual([])
})

test('keeps offsets where lower case changes the length', () => {
  const text = 'İİ Abc'
  expect(matchesIn(text, 'abc', false)).toEqual([{ start: 3, end: 6 }])
})

test('stops at its limit', () => expect(matchesIn('a'.repeat(50), 'a', false, 10)).toHaveLength(10))
