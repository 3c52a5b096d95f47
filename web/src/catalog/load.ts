// Asks the server for its fields, once, and names them in the language of the viewer.

import { watch } from 'vue'
import * as api from '@/api'
import type { Field } from '@/api/types'
import { preferences } from '@/design/preferences'
import { Catalog, catalog, catalogError } from './catalog'

let loading: Promise<void> | undefined
/** As the server names them. */
let given: readonly Field[] = []

/** The fields, named in the language of the viewer; Chinese names come when they are wanted. */
async function named(fields: readonly Field[]): Promise<readonly Field[]> {
  if (preferences.locale !== 'zh') return fields
  try {
    const [{ chineseName }, { chineseHelp }] = await Promise.all([import('@/fieldNames/zh'), import('@/fieldNames/help')])
    return fields.map((field) => ({ ...field, friendlyName: chineseName(field.friendlyName), english: field.friendlyName, help: chineseHelp(field) ?? field.help, englishHelp: field.help }))
  } catch {
    return fields // names are a comfort: without them the server's own are read
  }
}

async function show(): Promise<void> {
  const locale = preferences.locale
  const fields = await named(given)
  if (locale === preferences.locale) catalog.value = new Catalog(fields)
}
watch(() => preferences.locale, () => given.length && void show())

export function loadCatalog(): Promise<void> {
  loading ??= api
    .fields()
    .then(async (fields) => {
      given = fields
      await show()
      catalogError.value = null
    })
    .catch((error: unknown) => {
      loading = undefined
      catalogError.value = error
    })
  return loading
}
