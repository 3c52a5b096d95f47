// Which fields the SPI view shows, and how many values of each. In the URL as Arkime writes it: `spi=destination.ip:100,protocol:20`.

import type { Field } from '@/api/types'
import type { Catalog } from '@/catalog/catalog'

export interface Open {
  /** Document path. */
  path: string
  /** Values to show. */
  size: number
}

/** What is open until the user chooses otherwise. */
export const FACTORY = 'protocol:20,source.ip:20,destination.ip:20,destination.port:20,source.geo.country_iso_code:20,destination.geo.country_iso_code:20'
export const FIRST_SIZE = 20
/** What “more” leads to; the whole list is a file. */
export const SIZES = [20, 50, 100, 200, 500, 1000] as const
const MOST = 1000
/** Values on one card before it is opened wider. */
export const CARD = 12

export function parseOpen(text: string, catalog: Catalog): Open[] {
  const found = new Map<string, Open>()
  for (const part of text.split(',')) {
    const cut = part.lastIndexOf(':')
    const size = cut > 0 && /^\d+$/.test(part.slice(cut + 1)) ? Number(part.slice(cut + 1)) : FIRST_SIZE
    const name = (cut > 0 && /^\d+$/.test(part.slice(cut + 1)) ? part.slice(0, cut) : part).trim()
    const field = catalog.find(name)
    if (field && countable(field)) found.set(field.dbField, { path: field.dbField, size: Math.min(MOST, Math.max(1, size)) })
  }
  return [...found.values()]
}

export const formatOpen = (open: readonly Open[]): string => open.map(({ path, size }) => `${path}:${size}`).join(',')

/** It has values that can be counted: times have one a session, words are pieces of another field. */
export function countable(field: Field): boolean {
  return !field.regex && !['seconds', 'date', 'lotextfield', 'textfield', 'fileand', 'viewand'].includes(field.type) && !/[Tt]okens$/.test(field.dbField)
}

/** Asked for only by name: how many values a field has, and what the server says not to count. */
export const isMinor = (field: Field): boolean => field.noFacet === true || field.noFacet === 'true' || /(Cnt|-cnt)$/.test(field.dbField)

export interface Category {
  name: string
  fields: Field[]
}

export function categoriesOf(catalog: Catalog): Category[] {
  return [...catalog.groups].map(([name, fields]) => ({ name, fields: fields.filter(countable) })).filter((one) => one.fields.length)
}

/** Fields of a category for the chooser: all but the minor ones, or those that a filter names. */
export function chooseable(category: Category, filter: string): Field[] {
  const wanted = filter.trim().toLowerCase()
  if (!wanted) return category.fields.filter((field) => !isMinor(field))
  return category.fields.filter((field) => [field.exp, field.dbField, field.friendlyName, field.english ?? '', field.help ?? '', field.englishHelp ?? ''].some((text) => text.toLowerCase().includes(wanted)))
}

export const opened = (open: readonly Open[], fields: readonly Field[]): Open[] => {
  const has = new Set(open.map((one) => one.path))
  return [...open, ...fields.filter((field) => !has.has(field.dbField)).map((field) => ({ path: field.dbField, size: FIRST_SIZE }))]
}

export const closed = (open: readonly Open[], fields: readonly { dbField: string }[]): Open[] => {
  const gone = new Set(fields.map((field) => field.dbField))
  return open.filter((one) => !gone.has(one.path))
}

export function grown(open: readonly Open[], path: string): Open[] {
  return open.map((one) => (one.path === path ? { path, size: SIZES.find((size) => size > one.size) ?? MOST } : one))
}

/** Fields of the first request: few enough that the first values are there at once, and that a stop is felt. */
export const BATCH = 8
/** Fields of a request at most: what a URL holds, and what is lost when it is stopped. */
export const MOST_IN_BATCH = 64

/** Fields of the next request, from how long the last one took (milliseconds): a quick server is asked for more at a time. */
export function nextBatch(size: number, took: number): number {
  if (took < 300) return Math.min(size * 2, MOST_IN_BATCH)
  return took > 1_000 ? Math.max(Math.floor(size / 2), BATCH) : size
}
