// The fields of a notifier, as a form holds them and as the server takes them.

import type { NotifierField, NotifierType } from '@/api/objects'

export type Values = Record<string, string | boolean>

/** What a kind asks for, with what is known already. */
export function valuesOf(type: NotifierType | undefined, known: readonly NotifierField[] = []): Values {
  return Object.fromEntries((type?.fields ?? []).map((field) => {
    const value = known.find((one) => one.name === field.name)?.value
    return [field.name, field.type === 'checkbox' ? value === true || value === 'true' : value === null || value === undefined ? '' : String(value)]
  }))
}

export function isComplete(type: NotifierType, values: Values): boolean {
  return type.fields.every((field) => !field.required || Boolean(String(values[field.name] ?? '').trim()))
}

/** Fields that were left empty are not sent: the server has its own defaults. */
export function fieldsOf(type: NotifierType, values: Values): NotifierField[] {
  return type.fields.flatMap((field): NotifierField[] => {
    const value = values[field.name]
    if (field.type === 'checkbox') return [{ name: field.name, value: value === true }]
    const text = typeof value === 'string' ? value.trim() : ''
    return text ? [{ name: field.name, value: text }] : []
  })
}
