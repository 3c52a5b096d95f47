import { expect, test, vi } from 'vitest'
import { derived, filled, fit, MADE_UP } from './live'
import { MISTAKES, SECTIONS } from './reference'

// what is tested here needs no field of a server, nor a browser's settings
vi.mock('@/catalog/load', () => ({ loadCatalog: () => Promise.resolve() }))

test('every example can be filled, and none stands twice', () => {
  const all = SECTIONS.flatMap((section) => section.examples)
  for (const example of all) expect(filled(example, MADE_UP), example.key).not.toMatch(/[{}]/)
  expect(new Set(all.map((one) => one.key)).size).toBe(all.length)
  expect(new Set(MISTAKES.map((one) => one.key)).size).toBe(MISTAKES.length)
})

test('values out of packets stand in an example only where they are plain', () => {
  expect(fit('www.example.com')).toBe(true)
  for (const value of ['', '<b>', 'a"b', 'a\\b', 'x'.repeat(60), 'a\u202eb', 'a\nb', 7, null]) expect(fit(value), String(value)).toBe(false)
})

test('networks and domains follow from an address and a host', () => {
  expect(derived({ ip: '192.168.7.9', host: 'www.a.example.org' })).toEqual({ ip: '192.168.7.9', net: '192.0.0.0/8', prefix: '192.168', host: 'www.a.example.org', domain: '.example.org' })
  expect(derived({ ip: '2001:db8::1', host: 'bad host' })).toEqual({})
})
