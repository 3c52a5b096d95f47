import { expect, test } from 'vitest'
import { applied, layoutOf } from './views'

test('a layout comes back, and one of Arkime is understood', () => {
  const sort = [{ field: 'network.bytes', desc: true }, { field: 'firstPacket', desc: false }]
  expect(applied(layoutOf({ sort }, ['source', 'http.uri']))).toEqual({ columns: ['source', 'http.uri'], sort })
  expect(applied({ columns: ['fp', 'src', 'source.ip', 'dbby'], order: [['fp', 'asc']] } as never)).toMatchObject({ columns: ['firstPacket', 'source', 'bytes'] })
})

test('what makes no sense is left alone', () => {
  expect(applied(undefined)).toEqual({})
  expect(applied({ columns: 'all', order: [['a b;', 'asc'], 7] } as never)).toEqual({})
})
