// What stands in the examples: values that this server holds, so that an example finds something; otherwise made-up ones.

import * as api from '@/api'
import { spiView } from '@/api/analysis'
import { shortcuts } from '@/api/objects'
import { views } from '@/api/saved'
import { catalog } from '@/catalog/catalog'
import { loadCatalog } from '@/catalog/load'
import { quoted } from '@/search/expression'
import type { Example, Need } from './reference'

export type Values = Readonly<Record<string, string>>

export const MADE_UP: Values = {
  ip: '10.1.2.3', net: '10.0.0.0/8', prefix: '10.1', port: '443', host: 'www.example.com', domain: '.example.com', country: 'CN', tag: 'incident-42', list: 'servers', listField: 'ip', view: 'Web servers', file: 'capture.pcap',
}

/** A value that may stand in an example: short, and without anything that is not a plain letter, digit or mark. Values come out of packets. */
export const fit = (value: unknown): value is string => typeof value === 'string' && /^[\w.:@/ -]{1,48}$/.test(value)

/** Values that follow from an address and a host. */
export function derived(found: { ip?: string; host?: string }): Record<string, string> {
  const out: Record<string, string> = {}
  const parts = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(found.ip ?? '')
  if (found.ip && parts) Object.assign(out, { ip: found.ip, net: `${parts[1]}.0.0.0/8`, prefix: `${parts[1]}.${parts[2]}` })
  if (found.host && /^[\w.-]+$/.test(found.host)) {
    const labels = found.host.split('.')
    Object.assign(out, { host: found.host, domain: labels.length > 2 ? `.${labels.slice(-2).join('.')}` : `.${found.host}` })
  }
  return out
}

/** The field that a list of values is compared with. */
const FIELD_OF = { ip: 'ip', number: 'port', string: 'host' } as const

/** Asks once for the most frequent values, lists, views and a file; what cannot be had stays made up. */
export async function liveValues(signal: AbortSignal): Promise<{ values: Values; has: ReadonlySet<Need> }> {
  await loadCatalog()
  const path = (exp: string): string => catalog.value.find(exp)?.dbField ?? exp
  const asked = ['ip.dst', 'port.dst', 'host.http', 'country.dst', 'tags'].map(path)
  const [spi, lists, known, files] = await Promise.allSettled([
    spiView({ date: '-1', spi: asked.map((field) => `${field}:8`).join(',') }, signal), shortcuts(), views(), api.files({ start: 0, length: 1, sortField: 'num', desc: true }, signal),
  ])
  const top = (exp: string, good: (value: string) => boolean = () => true): string | undefined =>
    spi.status === 'fulfilled' ? spi.value.spi?.[path(exp)]?.buckets.map((one) => String(one.key)).find((value) => fit(value) && good(value)) : undefined
  const values: Record<string, string> = { ...MADE_UP, ...derived({ ip: top('ip.dst', (value) => value.includes('.')), host: top('host.http', (value) => value.includes('.')) }) }
  const has = new Set<Need>()
  const [country, port, tag] = [top('country.dst'), top('port.dst', (value) => Number(value) > 0), top('tags')]
  if (country) values.country = country
  if (port) values.port = port
  if (tag) {
    values.tag = quoted(tag)
    has.add('tag')
  }
  const list = lists.status === 'fulfilled' ? lists.value.find((one) => fit(one.name)) : undefined
  if (list) {
    Object.assign(values, { list: list.name, listField: FIELD_OF[list.type] })
    has.add('list')
  }
  const view = known.status === 'fulfilled' ? known.value.find((one) => fit(one.name)) : undefined
  if (view) {
    values.view = view.name
    has.add('view')
  }
  const file = files.status === 'fulfilled' ? files.value.data[0]?.name.split('/').at(-1) : undefined
  if (fit(file)) {
    values.file = file
    has.add('file')
  }
  return { values, has }
}

export const filled = (example: Pick<Example, 'expression'>, values: Values): string => example.expression.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
