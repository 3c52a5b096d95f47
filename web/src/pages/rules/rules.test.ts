import { expect, test } from 'vitest'
import type { LoadedRule } from '@/api/evidence'
import { bodyOf, categoriesOf, emptyNotice, formOf, isReady, shown, whereOf } from './rules'

const rule = (id: string, more: Partial<LoadedRule> = {}): LoadedRule => ({ id, category: 'threat', type: 'SQL', name: 'UNION', ...more })
const rules = [rule('10'), rule('9', { category: 'service', name: 'SSH', desc: 'RFC 4253', hits: 5 }), rule('100', { hits: 7 })]
const ids = (list: readonly LoadedRule[]): string[] => list.map((one) => one.id)

test('rules are found by any of their texts, and ordered as numbers', () => {
  expect(ids(shown(rules, { filter: '', category: '' }, 'id', false))).toEqual(['9', '10', '100'])
  expect(ids(shown(rules, { filter: '', category: '' }, 'hits', true))).toEqual(['100', '9', '10'])
  expect(ids(shown(rules, { filter: 'rfc', category: '' }, 'id', false))).toEqual(['9'])
  expect(ids(shown(rules, { filter: '', category: 'threat' }, 'name', false))).toEqual(['10', '100'])
  expect(shown(rules, { filter: 'nothing', category: '' }, 'id', false)).toEqual([])
  expect(categoriesOf(rules)).toEqual(['threat', 'service'])
})

test('where a rule looks', () => {
  expect(whereOf({ protocol: 'tcp', port: 80, part: 'head' })).toBe('tcp · 80 · head')
  expect(whereOf({})).toBe('')
})

test('a notice goes through its form unchanged', () => {
  const body = { name: 'night', enabled: false, description: 'd', categories: ['threat'], types: ['SQL', 'XSS'], names: [], levels: ['extra_high'], expression: 'ip == 10.0.0.0/8', notifier: ['a'], quiet: 600 }
  expect(bodyOf(formOf({ id: '1', ...body, roles: ['arkimeUser'] }))).toMatchObject({ ...body, roles: ['arkimeUser'] })
  expect(bodyOf(formOf({ id: '1', name: 'c', enabled: true, quiet: 90 }))).toMatchObject({ categories: [], levels: [], notifier: [], quiet: 90 })
  expect(bodyOf({ ...emptyNotice(), name: ' n ', types: 'SQL,\n XSS ,SQL', levels: ['low', 'extra_low', 'middle', 'high', 'extra_high'], quiet: 0.2 })).toMatchObject({ name: 'n', types: ['SQL', 'XSS'], levels: [], quiet: 60 })
  expect(isReady(emptyNotice())).toBe(false)
  expect(isReady({ ...emptyNotice(), name: 'n', notifier: ['a'] })).toBe(true)
  expect(isReady({ ...emptyNotice(), name: 'n', notifier: ['a'], quiet: Number.NaN })).toBe(false)
})
