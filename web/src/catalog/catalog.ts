// The fields of the server: look-ups by expression name and by document path. `load.ts` asks for them.

import { shallowRef } from 'vue'
import type { Field } from '@/api/types'

const UNITS = ['us', 'ms', 'bytes'] as const
export type Unit = 'us' | 'ms' | 'bytes' | 'date' | 'none'

export class Catalog {
  readonly byExp = new Map<string, Field>()
  readonly byPath = new Map<string, Field>()
  /** Fields that hold values in documents, by group, in the server's order. */
  readonly groups = new Map<string, Field[]>()

  constructor(readonly fields: readonly Field[]) {
    for (const field of fields) {
      this.byExp.set(field.exp, field)
      for (const alias of field.aliases ?? []) if (!this.byExp.has(alias)) this.byExp.set(alias, field)
      if (isFamily(field)) continue
      // Where two fields read one path (`payload8.src.hex`, `.utf8`), the first one shows it.
      if (!this.byPath.has(field.dbField)) this.byPath.set(field.dbField, field)
      const group = this.groups.get(field.group)
      if (group) group.push(field)
      else this.groups.set(field.group, [field])
    }
  }

  /** By expression name, alias or document path. */
  find(name: string): Field | undefined {
    return this.byExp.get(name) ?? this.byPath.get(name)
  }
}

/** A field that stands for several others (`ip`, `host`). */
export function isFamily(field: Field): boolean {
  return Boolean(field.regex) || field.type === 'viewand' || (field.dbField.endsWith('all') && field.group === 'general')
}

export function unitOf(field: Field): Unit {
  const given = UNITS.find((unit) => unit === field.unit)
  if (given) return given
  if (field.type === 'seconds' || field.type === 'date') return 'date'
  if (field.type !== 'integer') return 'none'
  if (/^perf\..*\.(handshake(\.(src|dst))?|time|first)$/.test(field.exp) || /^transaction\.(first|time)$/.test(field.exp)) return 'us'
  if (field.exp === 'session.length' || field.exp === 'initRTT') return 'ms'
  if (/^(data)?bytes(\.(src|dst))?$/.test(field.exp) || field.exp === 'transaction.bytes') return 'bytes'
  return 'none'
}

export const catalog = shallowRef(new Catalog([]))
export const catalogError = shallowRef<unknown>(null)
