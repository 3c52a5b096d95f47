// What was seen on which address: rows of the server, or put together by address.

import type { LocationQuery } from 'vue-router'
import type { Asset, AssetsQuery } from '@/api/alerts'
import { ASSET_CATEGORIES } from '@/evidence/levels'
import { joined, parted } from '@/evidence/lists'
import { quoted } from '@/search/expression'

export const LISTS = ['category', 'type', 'name', 'ip'] as const
export type ListKey = (typeof LISTS)[number]
export type AssetFilter = Record<ListKey, string[]>
export type AssetCategory = (typeof ASSET_CATEGORIES)[number]

export const COLUMNS = [
  { key: 'ip' }, { key: 'category' }, { key: 'name' }, { key: 'version' }, { key: 'port', right: true }, { key: 'first' }, { key: 'last' }, { key: 'count', right: true },
] as const
export const HOST_COLUMNS = ['ip', 'service', 'midware', 'os', 'device', 'first', 'last'] as const

export function readFilter(query: LocationQuery): AssetFilter {
  return Object.fromEntries(LISTS.map((key) => {
    const text = query[key]
    return [key, typeof text === 'string' ? parted(text) : []]
  })) as AssetFilter
}

export const writeFilter = (filter: AssetFilter): Record<string, string | null> => Object.fromEntries(LISTS.map((key) => [key, joined(filter[key]) || null]))

export const isFiltered = (filter: AssetFilter): boolean => LISTS.some((key) => filter[key].length > 0)

export function toggled(filter: AssetFilter, key: ListKey, value: string): AssetFilter {
  const list = filter[key]
  return { ...filter, [key]: list.includes(value) ? list.filter((other) => other !== value) : [...list, value] }
}

export const queryOf = (filter: AssetFilter): AssetsQuery => Object.fromEntries(LISTS.flatMap((key) => (filter[key].length ? [[key, joined(filter[key])]] : [])))

/** `OpenSSH 9.6`, `HTTP 1.1 :8080` */
export function labelOf({ name, version, port }: Pick<Asset, 'name' | 'version' | 'port'>, withPort = true): string {
  return [name, version, withPort && port ? `:${port}` : ''].filter(Boolean).join(' ')
}

/** An address with all that was seen on it. */
export interface Host {
  ip: string
  /** The latest first. */
  assets: Asset[]
  /** What is shown of each category, each once. */
  labels: Record<AssetCategory, string[]>
  first: number
  last: number
  count: number
}

export function hostsOf(rows: readonly Asset[]): Host[] {
  const byIp = new Map<string, Asset[]>()
  for (const row of rows) {
    const list = byIp.get(row.ip)
    if (list) list.push(row)
    else byIp.set(row.ip, [row])
  }
  return [...byIp].map(([ip, assets]) => {
    assets.sort((a, b) => b.last - a.last)
    const labels = Object.fromEntries(ASSET_CATEGORIES.map((category) => [category, [...new Set(assets.filter((one) => one.category === category).map((one) => labelOf(one, category === 'service' || category === 'midware')))]])) as Record<AssetCategory, string[]>
    return { ip, assets, labels, first: Math.min(...assets.map((one) => one.first)), last: Math.max(...assets.map((one) => one.last)), count: assets.reduce((sum, one) => sum + one.count, 0) }
  })
}

/** Addresses as numbers order them: IPv4 before IPv6. */
export function ipOrder(a: string, b: string): number {
  const [v4, w4] = [a.includes('.') && !a.includes(':'), b.includes('.') && !b.includes(':')]
  if (v4 !== w4) return v4 ? -1 : 1
  if (!v4) return a < b ? -1 : a > b ? 1 : 0
  const [x, y] = [a, b].map((ip) => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0))
  return (x ?? 0) - (y ?? 0)
}

export function sortedHosts(hosts: readonly Host[], sort: string, desc: boolean): Host[] {
  const order = (a: Host, b: Host): number => {
    if (sort === 'first' || sort === 'last') return a[sort] - b[sort] || ipOrder(a.ip, b.ip)
    const category = ASSET_CATEGORIES.find((one) => one === sort)
    if (category) return a.labels[category].length - b.labels[category].length || (a.labels[category][0] ?? '').localeCompare(b.labels[category][0] ?? '')
    return ipOrder(a.ip, b.ip)
  }
  const list = [...hosts].sort(order)
  return desc ? list.reverse() : list
}

/** The sessions in which it was seen. */
export function termOfAsset({ category, name, ip }: Pick<Asset, 'category' | 'name' | 'ip'>): string {
  // in a list nothing is a wildcard or a regular expression
  const named = /[*?]|^\/.*\/$/.test(name) ? `[${quoted(name)}]` : quoted(name)
  return `evidence.category == ${quoted(category)} && evidence.name == ${named} && ip == ${quoted(ip)}`
}
