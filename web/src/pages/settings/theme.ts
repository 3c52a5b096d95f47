// What the page of the own theme works out: the colours of the two themes that there are, which pairs are read badly, a theme as text.

import css from '@/design/tokens.css?raw'
import { asColour, cleaned, contrast, TOKENS, type Base, type OwnTheme } from '@/design/ownTheme'

/** The colours of the light or the dark theme, from the style sheet itself. */
export function baseColours(base: Base, text = css): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [, token = '', light = '', dark] of text.matchAll(/--([\w-]+):\s*(?:light-dark\()?(#[0-9a-f]{6})(?:,\s*(#[0-9a-f]{6})\))?;/g)) if (TOKENS.includes(token)) out[token] = base === 'dark' ? (dark ?? light) : light
  return out
}

/** Text needs 4.5:1 (WCAG 1.4.3), what is drawn 3:1 (1.4.11). */
const TEXT = 4.5
const DRAWN = 3

const on = (texts: readonly string[], grounds: readonly string[], least: number): readonly [string, string, number][] => texts.flatMap((text) => grounds.map((ground): [string, string, number] => [text, ground, least]))

/** What stands on what. */
export const PAIRS: readonly (readonly [front: string, ground: string, least: number])[] = [
  ...on(['text', 'text-2', 'text-3'], ['bg', 'surface', 'raised', 'sunken', 'hover'], TEXT),
  ...on(['accent', 'src', 'dst', 'good', 'warn', 'bad'], ['bg', 'surface'], TEXT),
  ...on(['accent'], ['accent-soft', 'raised'], TEXT),
  ['on-accent', 'accent-solid', TEXT],
  ['warn', 'warn-soft', TEXT],
  ['bad', 'bad-soft', TEXT],
  ['src', 'src-soft', TEXT],
  ['dst', 'dst-soft', TEXT],
  ...on(['series-1', 'series-2', 'series-3', 'series-4', 'series-5', 'series-6', 'series-7', 'series-8', 'mark'], ['surface'], DRAWN),
]

export interface Weak {
  front: string
  ground: string
  ratio: number
  least: number
}

/** Pairs below WCAG AA, the worst first. */
export function weakPairs(colours: Readonly<Record<string, string>>): Weak[] {
  return PAIRS.map(([front, ground, least]) => ({ front, ground, least, ratio: contrast(colours[front] ?? '#000000', colours[ground] ?? '#ffffff') }))
    .filter((pair) => pair.ratio < pair.least)
    .sort((a, b) => a.ratio / a.least - b.ratio / b.least)
}

/** `hindsight:dark;bg=#0d1014;…` */
export const asText = (theme: OwnTheme): string => [`hindsight:${theme.base}`, ...TOKENS.flatMap((token) => (theme.colours[token] ? [`${token}=${theme.colours[token]}`] : []))].join(';')

/** Places of Arkime's list of colours that have a like here. */
const ARKIME: readonly (readonly [place: number, tokens: readonly string[]])[] = [[0, ['bg', 'surface']], [1, ['text']], [3, ['accent']], [17, ['src']], [18, ['dst']]]
const ARKIME_COLOURS = 19

/** A theme from text: our own, or the string that Arkime's users share. What is wrong is named: the part that is no colour. */
export function fromText(text: string): { theme: OwnTheme } | { problem: 'form' } | { problem: 'colour'; part: string } {
  const plain = text.trim()
  const own = /^hindsight:(light|dark)(?:;(.*))?$/s.exec(plain)
  if (own) {
    const colours: Record<string, string> = {}
    for (const part of (own[2] ?? '').split(';').map((one) => one.trim()).filter(Boolean)) {
      const [token = '', value = ''] = part.split('=').map((one) => one.trim())
      const colour = asColour(value)
      if (!colour || !TOKENS.includes(token)) return { problem: 'colour', part }
      colours[token] = colour
    }
    return { theme: { base: own[1] === 'dark' ? 'dark' : 'light', colours } }
  }
  const list = plain.replace(/^custom\d*:/, '').split(',').map((one) => one.trim())
  if (list.length < 4 || list.length > ARKIME_COLOURS || !list[0]?.startsWith('#')) return { problem: 'form' }
  const colours: Record<string, string> = {}
  for (const [i, part] of list.entries()) {
    const colour = asColour(part)
    if (!colour) return { problem: 'colour', part }
    for (const token of ARKIME.find(([place]) => place === i)?.[1] ?? []) colours[token] = colour
  }
  return { theme: { base: contrast(colours.bg ?? '#ffffff', '#ffffff') > contrast(colours.bg ?? '#ffffff', '#000000') ? 'dark' : 'light', colours } }
}

/** A colour chosen, or with null given back to what it follows from. */
export function withColour(theme: OwnTheme, token: string, colour: string | null): OwnTheme {
  const rest = Object.fromEntries(Object.entries(cleaned(theme).colours).filter(([other]) => other !== token))
  return { base: theme.base, colours: colour ? { ...rest, [token]: colour } : rest }
}
