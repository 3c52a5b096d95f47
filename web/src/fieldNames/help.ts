// Help texts of fields in Chinese, by the English sentence; what the server puts together from several is put together here. A test of the binary
// (crates/hindsight/src/schema.rs) sees that no field's text is missing.

import type { Field } from '@/api/types'
import HELP from './help.zh.json'
import { chineseName } from './zh'

const said: Readonly<Record<string, string>> = HELP

/** What an aspect of a field is, by the ending of its name. */
const ASPECTS: readonly (readonly [ending: string, aspect: string])[] = [[' Cnt', '取值个数'], [' GEO', '国家/地区'], [' ASN', '自治系统'], [' RIR', '地区互联网注册机构']]

/** The help text in Chinese; undefined where there is none, as for fields of a site. */
export function chineseHelp(field: Pick<Field, 'friendlyName' | 'help'>): string | undefined {
  const help = field.help ?? ''
  const whole = said[help]
  if (whole !== undefined) return whole
  const words = /^Words of (\S+)\. (.*)$/s.exec(help)
  if (words) return joined(`${words[1] ?? ''} 的分词。`, words[2])
  const family = /^(.*\.) Covers: (.*)\.$/s.exec(help)
  if (family) return said[family[1] ?? ''] && `${said[family[1] ?? ''] ?? ''}包括：${(family[2] ?? '').split(', ').join('、')}。`
  if (!help.startsWith(`${field.friendlyName} of `)) return undefined
  const aspect = /^(\S+)\. (.*)$/s.exec(help.slice(field.friendlyName.length + 4))
  const what = ASPECTS.find(([ending]) => field.friendlyName.endsWith(ending))?.[1] ?? chineseName(field.friendlyName)
  return aspect ? joined(`${aspect[1] ?? ''} 的${what}。`, aspect[2]) : undefined
}

function joined(head: string, rest = ''): string | undefined {
  const tail = said[rest]
  return tail === undefined ? undefined : head + tail
}
