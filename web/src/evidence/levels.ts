// What alerts are told apart by: how bad, how far one is with them, at which stage of an attack they stand.

import type { AlertLevel, AlertStatus } from '@/api/alerts'

/** The worst first. */
export const LEVELS: readonly AlertLevel[] = ['extra_high', 'high', 'middle', 'low', 'extra_low']
export const STATUSES: readonly AlertStatus[] = ['unprocessed', 'confirmed', 'processed']
/** Categories of rules; `rule` are those in the search language. */
export const CATEGORIES = ['threat', 'rule', 'service', 'device', 'os', 'midware'] as const
export const ASSET_CATEGORIES = ['service', 'device', 'os', 'midware'] as const

const known = <T extends string>(list: readonly T[], text: string): T | undefined => list.find((one) => one === text)

/** Key of the text of a level; a rule may bring one of its own, which has none. */
export const levelKey = (level: string): string | null => (known(LEVELS, level) ? `evidence.level.${level}` : null)
export const statusOf = (status: string): AlertStatus => known(STATUSES, status) ?? 'unprocessed'
export const categoryKey = (category: string): string | null => (known(CATEGORIES, category) ? `evidence.category.${category}` : null)

export type Stage = 'probe' | 'intrude' | 'compromised' | 'unknown'
export const STAGES: readonly Stage[] = ['probe', 'intrude', 'compromised', 'unknown']

const STAGE_OF: Readonly<Record<string, Stage>> = {
  ...Object.fromEntries(['sql', 'xss', 'cmd', 'code', 'file', 'webshell', 'dga', 'srv'].map((type) => [type, 'intrude'])),
  ...Object.fromEntries(['ip_scan', 'port_scan', 'scan', 'black'].map((type) => [type, 'probe'])),
  ...Object.fromEntries(['mine', 'mining', 'dns_tun', 'icmp_tun', 'frn_trip', 'bot', 'tro', 'cch'].map((type) => [type, 'compromised'])),
}

/** The stage of an attack that a type of rule stands for, as Liuying maps it. */
export function stageOf(type: string): Stage {
  const key = type.toLowerCase()
  return Object.hasOwn(STAGE_OF, key) ? (STAGE_OF[key] ?? 'unknown') : 'unknown'
}
