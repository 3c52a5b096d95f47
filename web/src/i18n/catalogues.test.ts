import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SECTIONS } from '@/pages/help/reference'
import { COMPOSED_IDS } from '@/pages/sessions/columns'
import { TCP_COUNTS } from '@/pages/sessions/perf'
import { BOUNDINGS, NAMED, PRESETS } from '@/search/range'
import { RANGES, STAGES } from '@/pages/stats/chart'
import { SHORTCUTS } from '@/shell/keys'
import { PAGES } from '@/pages'
import { built as ofParts, en, zh, type Texts } from './catalogues'

function flat(tree: Texts, prefix = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') out.set(prefix + key, value)
    else for (const [inner, text] of flat(value, `${prefix}${key}.`)) out.set(inner, text)
  }
  return out
}

const english = flat(en)
const chinese = flat(zh)
const holes = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? ''))].sort()

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? sources(join(dir, entry.name)) : /\.(vue|ts)$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [join(dir, entry.name)] : [])
}

test('both catalogues have the same keys', () => expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort()))

test('no text is empty, and both take the same values', () => {
  for (const [key, text] of english) {
    expect(text.trim(), key).not.toBe('')
    expect(chinese.get(key)?.trim(), key).toBeTruthy()
    expect(holes(chinese.get(key) ?? ''), key).toEqual(holes(text))
  }
})

test('texts hold no message syntax by accident', () => {
  for (const [key, text] of [...english, ...chinese]) expect(text, key).not.toMatch(/@|\{['"]/)
})

test('every key that the code names exists', () => {
  const missing: string[] = []
  for (const file of sources(join(import.meta.dirname, '..'))) {
    const text = readFileSync(file, 'utf8')
    for (const [, key = ''] of text.matchAll(/\bt\(\s*'([\w.-]+)'/g)) if (!english.has(key)) missing.push(`${file}: ${key}`)
    for (const [, a = '', b = ''] of text.matchAll(/\bt\([^()'`]*\?\s*'([\w.]+)'\s*:\s*'([\w.]+)'/g)) for (const key of [a, b]) if (!english.has(key)) missing.push(`${file}: ${key}`)
  }
  expect(missing).toEqual([])
})

test('every key that is put together exists', () => {
  const built = [
    ...ofParts,
    ...PAGES.map((page) => `page.${page.name}`),
    ...COMPOSED_IDS.map((id) => `column.${id}`),
    ...SHORTCUTS.map((one) => `keys.${one.name}`),
    ...SECTIONS.flatMap((section) => [`help.section.${section.key}`, `help.about.${section.key}`, ...section.examples.map((one) => `help.example.${one.key}`)]),
    ...BOUNDINGS.map((one) => `range.bounded.${one}`),
    ...NAMED.map((one) => `range.named.${one.key}`),
    ...PRESETS.map((one) => `range.preset.${one}`),
    ...TCP_COUNTS.map((name) => `perf.count.${name}`),
    ...['retransmissions', 'lost', 'zeroWindows', 'errors', 'http', 'sql', 'dns', 'handshake'].flatMap((kind) => [`mark.${kind}`, `mark.short.${kind}`]),
    ...['waiting', 'sending', 'importing', 'done', 'failed', 'cancelled'].map((phase) => `upload.phase.${phase}`),
    ...['num', 'node', 'name', 'filesize', 'packets', 'first', 'lastTimestamp'].map((key) => `files.column.${key}`),
    ...RANGES.map((one) => `stats.range.${one.key}`),
    ...STAGES.flatMap((stage) => [`stats.stage.${stage}`]),
    ...['packets', 'bits', 'lost', 'sessions', 'began', 'memory', 'cpu', 'disk', 'queue'].map((key) => `stats.chart.${key}`),
    ...['packets', 'written', 'captured', 'writtenBits', 'open', 'began', 'documents', 'process', 'held', 'cpu', 'free', 'waiting', 'stalls'].map((key) => `stats.curve.${key}`),
    ...['sessions', 'packets', 'bytes', 'databytes'].map((one) => `timeline.metrics.${one}`),
  ]
  expect(built.filter((key) => !english.has(key))).toEqual([])
})
