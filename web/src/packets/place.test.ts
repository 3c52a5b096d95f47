import { expect, test } from 'vitest'
import { formatPlace, markInPacket, marksInStream, neededFor, offsetsOf, parsePlace } from './place'

test('a place is read and written', () => {
  for (const text of ['12', '12:340+5', 'src:0+1', 'dst:1200+16']) {
    const place = parsePlace(text)
    expect(place && formatPlace(place)).toBe(text)
  }
  expect(parsePlace('7:3')).toEqual({ packet: 7, offset: 3, length: 1 })
  expect(parsePlace('7:3+0')).toEqual({ packet: 7, offset: 3, length: 1 })
})

test('what names no place is none', () => {
  for (const text of ['', '0', '-1', 'src', 'both:1', '3:', '3:+1', '3:1+', '99999999999', '3:1+2x', 'SRC:1']) expect(parsePlace(text), text).toBeNull()
})

const parts = [{ dir: 'src', data: btoa('abcd') }, { dir: 'dst', data: btoa('123456') }, { dir: 'src', data: btoa('efgh') }] as const

test('a place in a stream is found in its parts, also across them', () => {
  expect(offsetsOf(parts)).toEqual([0, 0, 4])
  expect([...marksInStream(parts, parsePlace('src:1+2'))]).toEqual([[0, { from: 1, to: 3 }]])
  expect([...marksInStream(parts, parsePlace('src:3+3'))]).toEqual([[0, { from: 3, to: 4 }], [2, { from: 0, to: 2 }]])
  expect([...marksInStream(parts, parsePlace('dst:5+9'))]).toEqual([[1, { from: 5, to: 6 }]])
  expect(marksInStream(parts, parsePlace('dst:6+1')).size).toBe(0)
  expect(marksInStream(parts, parsePlace('2:0+1')).size).toBe(0)
})

test('a place in a packet', () => {
  expect(markInPacket({ n: 3 }, parsePlace('3:2+4'))).toEqual({ from: 2, to: 6 })
  expect(markInPacket({ n: 4 }, parsePlace('3:2+4'))).toBeNull()
  expect(markInPacket({ n: 3 }, parsePlace('3'))).toBeNull()
  expect([neededFor(parsePlace('3')), neededFor(parsePlace('src:4')), neededFor(null)]).toEqual([3, 0, 0])
})
