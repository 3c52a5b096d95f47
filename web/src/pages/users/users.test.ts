import { expect, test } from 'vitest'
import { emptyForm, formOf, hasIt, marksOf, userOf, wrongWith } from './users'

test('a new user needs an id of word characters, a name and a long password', () => {
  const form = { ...emptyForm(false), userId: 'ann', userName: 'Ann', password: 'long enough' }
  expect(wrongWith(form, true, false)).toBe('')
  for (const userId of ['', 'a b', 'a/b', '<b>']) expect(wrongWith({ ...form, userId }, true, false)).toBe('id')
  expect(wrongWith({ ...form, userId: '安娜' }, true, false)).toBe('')
  expect(wrongWith({ ...form, userName: ' ' }, true, false)).toBe('name')
  expect(wrongWith({ ...form, password: 'short' }, true, false)).toBe('password')
  expect(wrongWith({ ...form, password: '' }, false, false)).toBe('')
})

test('a role gets its prefix once, assigners as a list, and no password', () => {
  const form = { ...emptyForm(true), userId: 'night', userName: 'Night shift', roleAssigners: 'ann, bob,', password: 'x' }
  expect(userOf(form, true, true)).toMatchObject({ userId: 'role:night', roleAssigners: ['ann', 'bob'] })
  expect(userOf(form, true, true)).not.toHaveProperty('password')
  expect(userOf({ ...form, userId: 'role:night' }, true, true).userId).toBe('role:night')
})

test('a form holds the user as it is; limits that are taken out are sent as null', () => {
  const user = { userId: 'ann', userName: 'Ann', enabled: true, hidePcap: true, expression: 'ip == 10/8', timeLimit: 72, roles: ['arkimeUser'] }
  const form = formOf(user)
  expect(userOf(form, false, false)).toMatchObject({ enabled: true, hidePcap: true, hideStats: false, expression: 'ip == 10/8', timeLimit: 72 })
  expect(userOf({ ...form, expression: ' ', timeLimit: 0 }, false, false)).toMatchObject({ expression: null, timeLimit: null })
})

test('marks name what stands out', () => {
  expect(marksOf({ userId: 'a', userName: 'A', enabled: false }).map((one) => one.key)).toEqual(['enabled'])
  expect(marksOf({ userId: 'a', userName: 'A', enabled: true, webEnabled: true, removeEnabled: true, hidePcap: true }).map((one) => one.key)).toEqual(['removeEnabled', 'hidePcap'])
  expect(marksOf({ userId: 'role:a', userName: 'A', enabled: true })).toEqual([])
})

test('who has a role, for administrators and for assigners', () => {
  expect(hasIt({ userId: 'a', userName: 'A', roles: ['role:x'] }, 'role:x')).toBe(true)
  expect(hasIt({ userId: 'a', userName: 'A' }, 'role:x')).toBe(false)
  expect(hasIt({ userId: 'a', userName: 'A', hasRole: true }, 'role:x')).toBe(true)
})
