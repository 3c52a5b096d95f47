// Rules as a table, and a notice of alerts as its form holds it and as the server takes it.

import type { AlertNotice, LoadedRule, NoticeBody } from '@/api/evidence'
import { LEVELS } from '@/evidence/levels'
import { sharingForm, sharingOf, type SharingForm } from '@/sharing/sharing'

/** Seconds between two messages where none are named. */
export const QUIET = 600

export const COLUMNS = [{ key: 'id' }, { key: 'category' }, { key: 'type' }, { key: 'name' }, { key: 'where' }, { key: 'hits', right: true }] as const

/** To which packets a rule is put: `tcp · 80 · head`. */
export function whereOf({ protocol, port, part }: Pick<LoadedRule, 'protocol' | 'port' | 'part'>): string {
  return [protocol, port ? String(port) : '', part].filter(Boolean).join(' · ')
}

const textOf = (rule: LoadedRule): string => [rule.id, rule.category, rule.type, rule.name, rule.vendor, rule.os, rule.desc, rule.regex].filter(Boolean).join('\n').toLowerCase()

/** Rules that contain a text anywhere, of one category where one is named, in the order asked for. */
export function shown(rules: readonly LoadedRule[], { filter, category }: { filter: string; category: string }, sort: string, desc: boolean): LoadedRule[] {
  const wanted = filter.trim().toLowerCase()
  const value = (rule: LoadedRule): string | number => (sort === 'hits' ? (rule.hits ?? 0) : sort === 'where' ? whereOf(rule) : sort === 'category' || sort === 'type' || sort === 'name' ? rule[sort] : rule.id)
  const order = (a: LoadedRule, b: LoadedRule): number => {
    const [x, y] = [value(a), value(b)]
    const by = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true })
    return (desc ? -by : by) || a.id.localeCompare(b.id, 'en', { numeric: true })
  }
  return rules.filter((rule) => (!category || rule.category === category) && (!wanted || textOf(rule).includes(wanted))).sort(order)
}

export const categoriesOf = (rules: readonly LoadedRule[]): string[] => [...new Set(rules.map((rule) => rule.category))]

export interface NoticeForm {
  name: string
  enabled: boolean
  description: string
  categories: string[]
  levels: string[]
  /** Separated by commas or line breaks. */
  types: string
  names: string
  expression: string
  notifier: string[]
  /** Minutes. */
  quiet: number
  sharing: SharingForm
}

export const emptyNotice = (): NoticeForm => ({ name: '', enabled: true, description: '', categories: [], levels: [], types: '', names: '', expression: '', notifier: [], quiet: QUIET / 60, sharing: sharingForm() })

export function formOf(one: AlertNotice): NoticeForm {
  return {
    name: one.name, enabled: one.enabled, description: one.description ?? '', categories: [...(one.categories ?? [])], levels: [...(one.levels ?? [])], types: (one.types ?? []).join(', '), names: (one.names ?? []).join(', '),
    expression: one.expression ?? '', notifier: [...(one.notifier ?? [])], quiet: (one.quiet ?? QUIET) / 60, sharing: sharingForm(one),
  }
}

const listed = (text: string): string[] => [...new Set(text.split(/[,\n]/).map((part) => part.trim()).filter(Boolean))]

/** All levels are none: a level that a rule brings of its own is told of too. */
export function bodyOf(form: NoticeForm): NoticeBody {
  const all = LEVELS.every((level) => form.levels.includes(level))
  return {
    name: form.name.trim(), enabled: form.enabled, description: form.description.trim(), categories: form.categories, types: listed(form.types), names: listed(form.names),
    levels: all ? [] : LEVELS.filter((level) => form.levels.includes(level)), expression: form.expression.trim(), notifier: form.notifier, quiet: Math.max(60, Math.round(form.quiet * 60) || 0), ...sharingOf(form.sharing),
  }
}

export const isReady = (form: NoticeForm): boolean => Boolean(form.name.trim()) && form.notifier.length > 0 && form.quiet >= 1
