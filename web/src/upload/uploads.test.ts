import { expect, test } from 'vitest'
import { found } from './uploads'

test('the link of an upload finds exactly its sessions', () => {
  expect(found({ success: true, expression: 'tags == upload-7', first: 1_000_250, last: 2_000_000 })).toEqual({
    expression: 'tags == upload-7', range: { startTime: '999.25', stopTime: '2001' }, bounding: 'last',
  })
  expect(found({ success: true, expression: 'x' })?.range).toEqual({ date: '-1' })
  expect(found({ success: true, sessions: 3 })).toBeNull()
})
