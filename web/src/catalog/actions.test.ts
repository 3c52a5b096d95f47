import { expect, test } from 'vitest'
import type { Field } from '@/api/types'
import { addressOf, linksOf } from './actions'

const ip: Field = { exp: 'ip.src', dbField: 'source.ip', friendlyName: 'Src IP', group: 'general', type: 'ip', category: 'ip' }
const context = { expression: 'a == "b c"', range: { date: '24' }, instants: { start: 0, stop: 60_000 }, id: '', origin: 'http://here' }

test('macros stand for the value and the search', () => {
  expect(addressOf('https://x/%TEXT%?q=%URIEncodedText%&e=%EXPRESSION%&%DATE%', ip, '10.0.0.1', undefined, context)).toBe('https://x/10.0.0.1?q=10.0.0.1&e=a%20%3D%3D%20%22b%20c%22&date=24')
  expect(addressOf('/f?%FIELD%=%DBFIELD%&s=%ISOSTART%', ip, '', undefined, context)).toBe('http://here/f?ip.src=source.ip&s=1970-01-01T00:00:00Z')
  expect(addressOf('https://x/%HOST%/%URL%', undefined, 'http://h.example/a?b', undefined, context)).toBe('https://x/h.example/%2F%2Fh.example%2Fa%3Fb')
  expect(addressOf('https://x/%REGEX%', undefined, 'AS123 Foo', '^AS(\\d+)', context)).toBe('https://x/123')
})

test('no link where a macro has nothing to say, and none that runs', () => {
  expect(addressOf('https://x/%ID%', ip, '1', undefined, context)).toBeNull()
  expect(addressOf('%TEXT%', ip, 'javascript:alert(1)', undefined, context)).toBeNull()
  expect(addressOf('javascript:%TEXT%', ip, 'alert(1)', undefined, context)).toBeNull()
})

test('entries stand where they belong', () => {
  const value = { a: { name: 'IP %TEXT%', url: 'https://x/%TEXT%', category: 'ip' }, b: { name: 'Host', url: 'https://x/', fields: 'host.http' }, c: { name: 'All', url: 'https://x/', all: true }, d: { name: 'Mine', url: 'https://x/', regex: '^192' } }
  expect(linksOf(ip, '10.0.0.1', context, { value, field: {} }).map((one) => one.name)).toEqual(['IP 10.0.0.1', 'All'])
  expect(linksOf(ip, undefined, context, { value, field: { f: { name: 'About %FIELD%', url: 'https://x/%FIELD%' } } })).toEqual([{ key: 'f', name: 'About ip.src', url: 'https://x/ip.src' }])
})
