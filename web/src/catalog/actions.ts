// Entries that the configuration adds to the menus of values and fields: links with the value and the search put in.

import { shallowRef } from 'vue'
import { fieldActions, valueActions, type LinkAction } from '@/api/actions'
import type { Field } from '@/api/types'
import type { Instants, Range } from '@/search/range'
import type { Scalar } from './values'

type Actions = Readonly<Record<string, LinkAction>>
const actions = shallowRef<{ value: Actions; field: Actions }>({ value: {}, field: {} })
let loading: Promise<void> | undefined

export function loadActions(): Promise<void> {
  loading ??= Promise.all([valueActions(), fieldActions()])
    .then(([value, field]) => void (actions.value = { value, field }))
    .catch(() => void (loading = undefined)) // the menu has its own entries
  return loading
}

/** What the macros stand for besides the value. */
export interface Context {
  expression: string
  range: Range
  instants: Instants | null
  /** The open session; empty = none. */
  id: string
  origin: string
}

const names = (list: string | readonly string[] | undefined): string[] => (typeof list === 'string' ? list.split(',') : [...(list ?? [])]).map((one) => one.trim()).filter(Boolean)

function fits(action: LinkAction, field: Field | undefined): boolean {
  const fields = names(action.fields)
  const categories = names(action.category)
  if (action.all || (!fields.length && !categories.length)) return true
  return Boolean(field) && (fields.includes(field?.exp ?? '') || fields.includes(field?.dbField ?? '') || names(field?.category).some((one) => categories.includes(one)))
}

/** The address with Arkime's macros put in; null where one has nothing to stand for, or where it would lead to no web page. */
export function addressOf(template: string, field: Field | undefined, text: string, regex: string | undefined, context: Context): string | null {
  const url = text.replace(/^[a-z]+:\/\//i, '').replace(/^\/\//, '')
  const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString().replace(/\.\d+/, ''))
  const values: Record<string, string | null> = {
    EXPRESSION: encodeURIComponent(context.expression),
    DATE: 'date' in context.range ? `date=${encodeURIComponent(context.range.date)}` : `startTime=${Math.floor((context.instants?.start ?? 0) / 1000)}&stopTime=${Math.ceil((context.instants?.stop ?? 0) / 1000)}`,
    ISOSTART: iso(context.instants?.start), ISOSTOP: iso(context.instants?.stop),
    FIELD: field?.exp ?? '', DBFIELD: field?.dbField ?? '',
    TEXT: text, UCTEXT: text.toUpperCase(), URIEncodedText: encodeURIComponent(text),
    HOST: url.split(/[/?#]/)[0] ?? '', URL: encodeURIComponent(`//${url}`),
    ID: context.id || null, NODE: null,
    REGEX: regex === undefined ? null : matched(regex, text),
  }
  let missing = false
  const address = template.replace(/%([A-Za-z]+)%/g, (whole, name: string) => {
    if (!Object.hasOwn(values, name)) return whole
    const value = values[name] ?? null
    if (value === null) missing = true
    return value ?? ''
  })
  if (missing) return null
  try {
    const full = new URL(address, context.origin)
    return /^https?:$/.test(full.protocol) ? full.href : null
  } catch {
    return null
  }
}

/** What the brackets of the pattern caught, or the whole match. */
function matched(pattern: string, text: string): string | null {
  try {
    const found = new RegExp(pattern).exec(text.slice(0, 2000))
    return found ? (found[1] ?? found[0]) : null
  } catch {
    return null // a pattern of the configuration that no browser understands
  }
}

/** The links of a value, or of a field where there is none. */
export function linksOf(field: Field | undefined, value: Scalar | undefined, context: Context, from: { value: Actions; field: Actions } = actions.value): { key: string; name: string; url: string }[] {
  const list = value === undefined ? from.field : from.value
  const text = value === undefined ? (field?.exp ?? '') : String(value)
  return Object.entries(list).flatMap(([key, action]) => {
    if (!action?.url || !fits(action, field) || (action.regex !== undefined && matched(action.regex, text) === null)) return []
    const url = addressOf(action.url, field, text, action.regex, context)
    const name = (action.name ?? key).replaceAll('%TEXT%', text).replaceAll('%FIELD%', field?.exp ?? '')
    return url ? [{ key, name, url }] : []
  })
}
