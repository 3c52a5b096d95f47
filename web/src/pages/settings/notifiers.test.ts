import { expect, test } from 'vitest'
import type { NotifierType } from '@/api/objects'
import { fieldsOf, isComplete, valuesOf } from './notifiers'

const email: NotifierType = { type: 'email', name: 'Email', fields: [{ name: 'to', required: true }, { name: 'port' }, { name: 'secure', type: 'checkbox' }, { name: 'password', type: 'secret' }] }

test('a form begins with what is known', () => {
  expect(valuesOf(email)).toEqual({ to: '', port: '', secure: false, password: '' })
  expect(valuesOf(email, [{ name: 'to', value: 'a@b' }, { name: 'secure', value: true }, { name: 'port', value: null }])).toEqual({ to: 'a@b', port: '', secure: true, password: '' })
  expect(valuesOf(undefined)).toEqual({})
})

test('required fields are filled, empty ones are not sent', () => {
  expect(isComplete(email, valuesOf(email))).toBe(false)
  const values = { ...valuesOf(email), to: ' a@b ' }
  expect(isComplete(email, values)).toBe(true)
  expect(fieldsOf(email, values)).toEqual([{ name: 'to', value: 'a@b' }, { name: 'secure', value: false }])
})
