import { expect, test } from 'vitest'
import { found, foundAll } from './uploads'

test('the link of an upload finds exactly its sessions', () => {
  expect(found({ success: true, expression: 'tags == upload-7', first: 1_000_250, last: 2_000_000 })).toEqual({
    expression: 'tags == upload-7', range: { startTime: '999.25', stopTime: '2001' }, bounding: 'last',
  })
  expect(found({ success: true, expression: 'x' })?.range).toEqual({ date: '-1' })
  expect(found({ success: true, sessions: 3 })).toBeNull()
})

test('several uploads are found together, each once, within the time of all', () => {
  const one = { success: true, expression: 'file == a', first: 5_000, last: 9_000 }
  const two = { success: true, expression: 'file == b', first: 20_000, last: 30_000 }
  expect(foundAll([one, two, one])).toEqual({ expression: '(file == a) || (file == b)', range: { startTime: '4', stopTime: '31' }, bounding: 'last' })
  expect(foundAll([one, { ...two, first: undefined }])?.range).toEqual({ date: '-1' })
  expect(foundAll([one, { success: false }])).toEqual(found(one))
  expect(foundAll([])).toBeNull()
})
