import { expect, test } from 'vitest'
import { categoryKey, levelKey, stageOf, statusOf } from './levels'

test('types stand for stages, whatever their case', () => {
  expect(stageOf('SQL')).toBe('intrude')
  expect(stageOf('Mine')).toBe('compromised')
  expect(stageOf('ip_scan')).toBe('probe')
  expect(stageOf('constructor')).toBe('unknown')
  expect(stageOf('')).toBe('unknown')
})

test('what a rule brings of its own has no text of ours', () => {
  expect(levelKey('extra_high')).toBe('evidence.level.extra_high')
  expect(levelKey('toString')).toBeNull()
  expect(categoryKey('threat')).toBe('evidence.category.threat')
  expect(categoryKey('else')).toBeNull()
  expect(statusOf('processed')).toBe('processed')
  expect(statusOf('?')).toBe('unprocessed')
})
