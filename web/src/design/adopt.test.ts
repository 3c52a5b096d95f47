import { expect, test } from 'vitest'
import { adopt } from './adopt'

test('stored settings are taken over where they fit', () => {
  const mine = { theme: 'light', right: 46, columns: ['a'], navOpen: false }
  adopt(mine, { theme: 'dark', right: 'wide', columns: 'b', navOpen: true, other: 1 })
  expect(mine).toEqual({ theme: 'dark', right: 46, columns: ['a'], navOpen: true })
  adopt(mine, null)
  adopt(mine, { columns: ['x', 'y'] })
  expect(mine.columns).toEqual(['x', 'y'])
})
