import { expect, test } from 'vitest'
import { found, score, type Command, type Kind } from './palette'

const command = (kind: Kind, label: string, hint?: string): Command => ({ id: `${kind} ${label}`, kind, label, hint, run: () => undefined })
const all = [command('page', 'Sessions'), command('page', 'Settings'), command('action', 'Dark theme'), command('recent', 'protocols == http'), command('field', 'http.statuscode', 'Status of the answer'), command('field', 'session.length')]
const labels = (typed: string): string[] => found(all, typed).map((one) => one.label)

test('the start counts most, then the start of a word, then anything', () => {
  expect(score('sessions', 'ses')).toBeGreaterThan(score('open sessions', 'ses'))
  expect(score('open sessions', 'ses')).toBeGreaterThan(score('obsessed', 'ses'))
  expect(score('settings', 'stg')).toBeGreaterThan(0)
  expect(score('settings', 'xyz')).toBe(0)
})

test('without a word everything but the fields', () => expect(labels('')).toEqual(['Sessions', 'Settings', 'Dark theme', 'protocols == http']))

test('words are looked for in names and hints, all of them', () => {
  expect(labels('sess')[0]).toBe('Sessions')
  expect(labels('http status')).toEqual(['http.statuscode'])
  expect(labels('answer')).toEqual(['http.statuscode'])
  expect(labels('dark')).toEqual(['Dark theme'])
  expect(labels('nothing of the kind')).toEqual([])
})
