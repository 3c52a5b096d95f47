import { expect, test } from 'vitest'
import { infoOf } from './info'
import { marksOf } from './marks'

test('marks what was slow, the worst first', () => {
  const marks = marksOf({
    perf: {
      sql: { time: 1_840_000, errors: 1 },
      tcp: { retransmissions: { src: 2, dst: 3 }, handshake: 30_000 },
    },
  })
  expect(marks.map((one) => [one.kind, one.text, one.tone])).toEqual([
    ['sql', '1.84s', 'bad'], ['retransmissions', '5', 'warn'], ['errors', '1', 'warn'],
  ])
  expect(marks[0]?.term).toBe('perf.sql.time >= 1840000')
  expect(marks[1]?.term).toBe('perf.tcp.retransmissions.dst >= 3')
})

test('nothing is wrong with a quiet session', () => expect(marksOf({ perf: { tcp: { lost: { src: 0, dst: 0 } } } })).toEqual([]))

test('info says what the session is about', () => {
  expect(infoOf({ http: { uri: ['shop.example/a', 'b'], method: ['GET'], statuscode: [200, 502] } }))
    .toEqual({ tag: 'GET', text: 'shop.example/a +1', status: '502', bad: true })
  expect(infoOf({ transaction: [{ kind: 'sql', request: 'SELECT 1', lastByte: 5 }, { kind: 'sql', request: 'SELECT\n 2', lastByte: 9 }] }).text).toBe('SELECT 2')
  expect(infoOf({ dns: [{ queryHost: 'example.com', qt: 'A' }] })).toMatchObject({ tag: 'A', text: 'example.com' })
  expect(infoOf({ tls: { version: ['TLSv1.3'] }, quic: { host: ['q.example'] } })).toMatchObject({ tag: 'TLSv1.3', text: 'q.example' })
  expect(infoOf({ tls: { version: ['TLSv1.3'] }, http: { host: ['shop.example'] } })).toMatchObject({ tag: 'TLSv1.3', text: 'shop.example' })
  expect(infoOf({}).text).toBe('')
})
