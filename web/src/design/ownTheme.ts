// A theme of one's own: colours that a user chose over the light or the dark one. What was not chosen follows from what was.

export type Base = 'light' | 'dark'

/** `colours`: token without dashes, and `#rrggbb`. Only what the user chose. */
export interface OwnTheme {
  base: Base
  colours: Record<string, string>
}

/** Chosen first; most of the rest follows from them. */
export const MAIN = ['bg', 'surface', 'text', 'accent', 'src', 'dst', 'good', 'warn', 'bad'] as const

/** The rest, by what it is for. */
export const MORE: readonly { key: string; tokens: readonly string[] }[] = [
  { key: 'surfaces', tokens: ['raised', 'sunken', 'hover', 'line', 'line-strong'] },
  { key: 'texts', tokens: ['text-2', 'text-3', 'accent-solid', 'on-accent', 'accent-soft'] },
  { key: 'states', tokens: ['src-soft', 'dst-soft', 'warn-soft', 'bad-soft'] },
  { key: 'series', tokens: ['series-1', 'series-2', 'series-3', 'series-4', 'series-5', 'series-6', 'series-7', 'series-8', 'series-other', 'mark'] },
]

export const TOKENS: readonly string[] = [...MAIN, ...MORE.flatMap((group) => group.tokens)]

/** A token that was not chosen while one of its two sources was: `share` percent of the first, the rest of the second. */
const FOLLOWS: readonly (readonly [token: string, of: string, share: number, over: string])[] = [
  ['raised', 'surface', 100, 'surface'],
  ['sunken', 'surface', 50, 'bg'],
  ['hover', 'surface', 94, 'text'],
  ['line', 'surface', 88, 'text'],
  ['line-strong', 'surface', 78, 'text'],
  ['text-2', 'text', 80, 'surface'],
  ['text-3', 'text', 66, 'surface'],
  ['accent-solid', 'accent', 100, 'accent'],
  ['accent-soft', 'surface', 86, 'accent'],
  ['src-soft', 'surface', 88, 'src'],
  ['dst-soft', 'surface', 88, 'dst'],
  ['warn-soft', 'surface', 86, 'warn'],
  ['bad-soft', 'surface', 86, 'bad'],
  ['series-1', 'src', 100, 'src'],
  ['series-2', 'dst', 100, 'dst'],
]

const COLOUR = /^#[0-9a-f]{6}$/

/** `#abc` and `#AABBCC` as `#aabbcc`; null for what is no colour. */
export function asColour(text: string): string | null {
  const low = text.trim().toLowerCase()
  const whole = /^#[0-9a-f]{3}$/.test(low) ? `#${[...low.slice(1)].map((digit) => digit + digit).join('')}` : low
  return COLOUR.test(whole) ? whole : null
}

/** What of a stored theme can be used: a newer viewer, or another program, may have stored other things. */
export function cleaned(theme: unknown): OwnTheme {
  const { base, colours } = (typeof theme === 'object' && theme !== null ? theme : {}) as Partial<Record<keyof OwnTheme, unknown>>
  const out: OwnTheme = { base: base === 'dark' ? 'dark' : 'light', colours: {} }
  if (typeof colours !== 'object' || colours === null) return out
  for (const [token, value] of Object.entries(colours)) {
    const colour = typeof value === 'string' ? asColour(value) : null
    if (colour && TOKENS.includes(token)) out.colours[token] = colour
  }
  return out
}

type Rgb = readonly [number, number, number]
const parts = (colour: string): Rgb => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) || 0) as unknown as Rgb

/** `share` percent of `a`, the rest of `b`, as CSS mixes in sRGB. */
export function mixed(a: string, share: number, b: string): string {
  const [one, other] = [parts(a), parts(b)]
  return `#${one.map((value, i) => Math.round((value * share + (other[i] ?? 0) * (100 - share)) / 100).toString(16).padStart(2, '0')).join('')}`
}

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [r, g, b] = parts(colour).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)) as unknown as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** Contrast ratio of WCAG 2.2, from 1 to 21. */
export function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((one, other) => other - one)
  return (high + 0.05) / (low + 0.05)
}

/** Black or white, whichever is read better on it. */
const onColour = (colour: string): string => (contrast(colour, '#ffffff') >= contrast(colour, '#000000') ? '#ffffff' : '#000000')

/** The whole theme for a style sheet: custom properties that differ from the base. Mixing is left to the browser, which knows the base. */
export function properties(theme: OwnTheme): Record<string, string> {
  const { colours } = cleaned(theme)
  const out: Record<string, string> = {}
  for (const [token, colour] of Object.entries(colours)) out[`--${token}`] = colour
  for (const [token, of, share, over] of FOLLOWS) {
    if (token in colours || !(of in colours || over in colours)) continue
    out[`--${token}`] = share === 100 ? `var(--${of})` : `color-mix(in srgb, var(--${of}) ${share}%, var(--${over}))`
  }
  const solid = colours['accent-solid'] ?? colours.accent
  if (solid && !colours['on-accent']) out['--on-accent'] = onColour(solid)
  return out
}

/** Every token as a colour, over those of the base. */
export function resolved(theme: OwnTheme, base: Readonly<Record<string, string>>): Record<string, string> {
  const { colours } = cleaned(theme)
  const out: Record<string, string> = { ...base, ...colours }
  for (const [token, of, share, over] of FOLLOWS) {
    if (token in colours || !(of in colours || over in colours)) continue
    out[token] = mixed(out[of] ?? '#000000', share, out[over] ?? '#000000')
  }
  const solid = colours['accent-solid'] ?? colours.accent
  if (solid && !colours['on-accent']) out['on-accent'] = onColour(solid)
  return out
}

const sheet = typeof CSSStyleSheet === 'undefined' ? null : new CSSStyleSheet()
let adopted = false

/** Puts the theme over the page; null takes it away. Paper keeps the colours of paper. */
export function wear(theme: OwnTheme | null): void {
  if (!sheet || (!theme && !adopted)) return
  const rules = theme ? Object.entries(properties(theme)).map(([name, value]) => `${name}:${value};`).join('') : ''
  sheet.replaceSync(rules ? `@media screen{:root{${rules}}}` : '')
  if (!adopted) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  adopted = true
}
