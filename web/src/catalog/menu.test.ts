import { expect, test } from 'vitest'
import { anchorOf } from './menu'

test('the menu stands beside a value, and at the pointer in a large mark', () => {
  const small = { x: 10, y: 10, width: 90, height: 20 }
  const large = { x: 0, y: 0, width: 800, height: 600 }
  const click = { clientX: 5, clientY: 7, detail: 1 } as unknown as Event
  expect(anchorOf(click, small)).toEqual(small)
  expect(anchorOf(click, large)).toEqual({ x: 5, y: 7, width: 0, height: 0 })
  // a key on it clicks at 0,0
  expect(anchorOf({ clientX: 0, clientY: 0, detail: 0 } as unknown as Event, large)).toEqual({ x: 400, y: 300, width: 0, height: 0 })
})
