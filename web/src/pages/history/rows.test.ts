import { expect, test } from 'vitest'
import { parameters, searchOf, tone } from './rows'

const row = { id: '1', timestamp: 1, userId: 'ann', method: 'GET', api: 'sessions' }

test('parameters are decoded, empty ones left out', () => {
  expect(parameters({ query: 'date=-1&expression=protocols%3D%3Dhttp&x=' })).toEqual([['date', '-1'], ['expression', 'protocols==http']])
  expect(parameters({ query: '%zz=%E0%A4%A' })).toHaveLength(1)
  expect(parameters({})).toEqual([])
})

test('a search leads back to its sessions, other questions do not', () => {
  expect(searchOf({ ...row, query: 'date=6', expression: 'ip == 10/8' })).toEqual({ date: '6', expression: 'ip == 10/8' })
  expect(searchOf({ ...row, query: 'startTime=10&stopTime=20' })).toEqual({ startTime: '10', stopTime: '20' })
  expect(searchOf({ ...row, api: 'spiview', query: '', startTime: 10, stopTime: 20 })).toEqual({ startTime: '10', stopTime: '20' })
  expect(searchOf({ ...row, api: 'hunt' })).toBeNull()
  expect(searchOf({ ...row, api: 'user/{id}' })).toBeNull()
})

test('what is slow stands out', () => expect([tone(20), tone(3000), tone(20_000), tone(undefined)]).toEqual(['', 'warn', 'bad', '']))
