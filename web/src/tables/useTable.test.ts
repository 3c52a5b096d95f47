import { expect, test } from 'vitest'
import { readTable } from './useTable'

const keys = ['num', 'name']
const own = { sort: 'num', desc: true }

test('a table without parameters is as its page wants it', () => {
  expect(readTable({}, keys, own)).toEqual({ filter: '', sort: 'num', desc: true, start: 0 })
  expect(readTable({}, keys, { sort: 'name', desc: false }).desc).toBe(false)
})

test('parameters are taken where they make sense', () => {
  expect(readTable({ sort: 'name', dir: 'asc', filter: 'a b', start: '200' }, keys, own)).toEqual({ filter: 'a b', sort: 'name', desc: false, start: 200 })
  expect(readTable({ sort: 'password', start: '-3', dir: 'asc' }, keys, own)).toEqual({ filter: '', sort: 'num', desc: false, start: 0 })
  expect(readTable({ start: ['1', '2'], filter: null }, keys, own)).toEqual({ filter: '', sort: 'num', desc: true, start: 0 })
})
