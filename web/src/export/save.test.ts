import { expect, test } from 'vitest'
import { csv, csvCell } from './save'

test('a spreadsheet runs nothing of it', () => {
  expect(['=1+1', '+1', '@x', '-cmd', '-5', 'a,b', 'say "a"'].map(csvCell)).toEqual(["'=1+1", "'+1", "'@x", "'-cmd", '-5', '"a,b"', '"say ""a"""'])
  expect(csv(['a', 'b'], [[1, '=x\ny']])).toBe('a,b\r\n1,"\'=x\ny"\r\n')
})
