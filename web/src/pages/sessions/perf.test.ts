import { expect, test } from 'vitest'
import { bar, ordered, perfOf } from './perf'

test('reads the measures of a session document', () => {
  const perf = perfOf({
    id: 'x',
    perf: {
      tcp: { retransmissions: { src: 0, dst: 4 }, handshake: 30_000, handshakeSrc: 10_000, handshakeDst: 20_000 },
      sql: { count: 3, time: 900, errors: 0 },
      transactionsMore: 2,
    },
    transaction: [{ kind: 'sql', lastByte: 900 }],
  })
  expect(perf.counts).toEqual([{ name: 'retransmissions', src: 0, dst: 4 }])
  expect(perf.handshake).toEqual({ total: 30_000, client: 10_000, server: 20_000 })
  expect(perf.kinds).toEqual([{ kind: 'sql', count: 3, time: 900, first: undefined, errors: 0 }])
  expect(perf.more).toBe(2)
  expect(perf.transactions).toHaveLength(1)
})

test('a session without measures', () => {
  expect(perfOf({ id: 'x' })).toEqual({ counts: [], handshake: undefined, kinds: [], transactions: [], more: 0 })
})

test('orders and bars', () => {
  const list = [{ kind: 'http', start: 2, firstByte: 50, lastByte: 100 }, { kind: 'http', start: 1, firstByte: 200, lastByte: 200 }]
  expect(ordered(list, 'slowest').map((one) => one.start)).toEqual([1, 2])
  expect(ordered(list, 'time').map((one) => one.start)).toEqual([1, 2])
  expect(bar(list[0] ?? { kind: '' }, 200)).toEqual({ wait: 25, transfer: 25 })
  expect(bar({ kind: 'x' }, 0)).toEqual({ wait: 0, transfer: 0 })
})
