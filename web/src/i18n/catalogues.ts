// The two catalogues: what everybody uses (en.ts, zh.ts), and the messages.ts that a page or a part keeps beside its code.

import base from './en'
import baseZh from './zh'

/** A tree of texts; a path of keys, joined by dots, names one. */
export type Texts = { [key: string]: string | Texts }

/** What a `messages.ts` exports by default. */
export interface Messages {
  en: Texts
  zh: Texts
  /** Keys that the code puts together at run time: the tests see that they exist. */
  built?: readonly string[]
}

/** `into` with what `from` adds; a text that is there already stays. */
function merged(into: Texts, from: Texts): Texts {
  const out: Texts = { ...into }
  for (const [key, value] of Object.entries(from)) {
    const here = out[key]
    if (here === undefined) out[key] = value
    else if (typeof here !== 'string' && typeof value !== 'string') out[key] = merged(here, value)
  }
  return out
}

const parts = Object.values(import.meta.glob<Messages>('../**/messages.ts', { eager: true, import: 'default' }))

export const en: Texts = parts.reduce((all, one) => merged(all, one.en), base as Texts)
export const zh: Texts = parts.reduce((all, one) => merged(all, one.zh), baseZh as Texts)
export const built: readonly string[] = parts.flatMap((one) => one.built ?? [])
