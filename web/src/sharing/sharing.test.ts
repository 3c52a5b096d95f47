import { expect, test } from 'vitest'
import { isShared, names, sharingForm, sharingOf } from './sharing'

test('names come as a text or a list, each once', () => {
  expect(names('ann, bob,,ann')).toEqual(['ann', 'bob'])
  expect(names(['ann', ' bob '])).toEqual(['ann', 'bob'])
  expect(names(null)).toEqual([])
})

test('a form holds what the server said, and gives it back', () => {
  const form = sharingForm({ users: ['ann', 'bob'], roles: ['arkimeUser'] })
  expect(form).toEqual({ users: 'ann, bob', roles: ['arkimeUser'], editRoles: [] })
  expect(sharingOf(form)).toEqual({ users: 'ann,bob', roles: ['arkimeUser'], editRoles: [] })
})

test('what has editors only is not shared yet', () => {
  expect(isShared({ editRoles: ['arkimeUser'] })).toBe(false)
  expect(isShared({ users: 'ann' })).toBe(true)
})
