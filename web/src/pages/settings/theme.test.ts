import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { asColour, cleaned, contrast, mixed, properties, resolved, TOKENS, type OwnTheme } from '@/design/ownTheme'
import { asText, baseColours, fromText, weakPairs, withColour } from './theme'

const css = readFileSync(join(import.meta.dirname, '../../design/tokens.css'), 'utf8')
const [light, dark] = [baseColours('light', css), baseColours('dark', css)]

test('every token that can be chosen is in the style sheet, and the other way round', () => {
  expect(Object.keys(light).sort()).toEqual([...TOKENS].sort())
  expect(Object.keys(dark).sort()).toEqual([...TOKENS].sort())
  const inSheet = [...css.matchAll(/--([\w-]+):\s*(?:light-dark\(#|#)/g)].map((found) => found[1] ?? '')
  expect(inSheet.sort()).toEqual([...TOKENS].sort())
  expect([light.bg, dark.bg, dark['on-accent']]).toEqual(['#f5f6f8', '#0d1014', '#ffffff'])
})

test('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
  expect(contrast('#ffffff', '#777777')).toBeCloseTo(4.48, 2)
})

test('the themes that come with the viewer have no weak pair', () => {
  expect(weakPairs(light)).toEqual([])
  expect(weakPairs(dark)).toEqual([])
})

test('a pair below AA is named with its ratio, the worst first', () => {
  const weak = weakPairs(resolved({ base: 'light', colours: { text: '#c0c0c0', accent: '#8888ff' } }, light))
  expect(weak[0]).toMatchObject({ least: 4.5 })
  expect(weak.map((one) => `${one.front} ${one.ground}`)).toContain('text surface')
  expect(weak.map((one) => `${one.front} ${one.ground}`)).toContain('accent surface')
  expect(weak.every((one, i) => i === 0 || one.ratio / one.least >= (weak[i - 1]?.ratio ?? 0) / (weak[i - 1]?.least ?? 1))).toBe(true)
})

describe('what was not chosen', () => {
  const theme: OwnTheme = { base: 'dark', colours: { surface: '#002b36', accent: '#ffdd00' } }
  test('follows from what was', () => {
    const all = resolved(theme, dark)
    expect(all.raised).toBe('#002b36')
    expect(all.hover).toBe(mixed('#002b36', 94, dark.text ?? ''))
    expect(all['accent-solid']).toBe('#ffdd00')
    expect(all['on-accent']).toBe('#000000')
    expect(all.bg).toBe(dark.bg)
    expect(all['series-1']).toBe(dark['series-1'])
  })
  test('is said to the browser in the same way', () => {
    const css = properties(theme)
    expect(css).toMatchObject({ '--surface': '#002b36', '--raised': 'var(--surface)', '--on-accent': '#000000', '--hover': 'color-mix(in srgb, var(--surface) 94%, var(--text))' })
    expect(css['--bg']).toBeUndefined()
    expect(css['--series-1']).toBeUndefined()
  })
  test('stays as it is where its sources do', () => expect(properties({ base: 'light', colours: {} })).toEqual({}))
})

test('what is stored is not believed', () => {
  expect(cleaned(null)).toEqual({ base: 'light', colours: {} })
  expect(cleaned({ base: 'dark', colours: { bg: '#FFF', text: 'red;}body{display:none', nonsense: '#000000', src: 7 } })).toEqual({ base: 'dark', colours: { bg: '#ffffff' } })
  expect(properties({ base: 'light', colours: { bg: 'url(https://evil.example)' } })).toEqual({})
})

describe('a theme as text', () => {
  const theme: OwnTheme = { base: 'dark', colours: { bg: '#002b36', 'line-strong': '#586e75' } }
  test('comes back as it was', () => {
    expect(asText(theme)).toBe('hindsight:dark;bg=#002b36;line-strong=#586e75')
    expect(fromText(` ${asText(theme)}\n`)).toEqual({ theme })
    expect(fromText('hindsight:light')).toEqual({ theme: { base: 'light', colours: {} } })
  })
  test('of Arkime is taken over as far as there are likes', () => {
    const list = ['#222222', '#EEEEEE', '#555555', '#ff0000', ...Array.from({ length: 13 }, () => '#123456'), '#00ff00', '#0000ff']
    const taken = { theme: { base: 'dark', colours: { bg: '#222222', surface: '#222222', text: '#eeeeee', accent: '#ff0000', src: '#00ff00', dst: '#0000ff' } } }
    expect(fromText(list.join(','))).toEqual(taken)
    expect(fromText(`custom1:${list.join(', ')}`)).toEqual(taken)
  })
  test('that is wrong is refused with the part that is', () => {
    expect(fromText('')).toEqual({ problem: 'form' })
    expect(fromText('my theme')).toEqual({ problem: 'form' })
    expect(fromText('hindsight:dim;bg=#000000')).toEqual({ problem: 'form' })
    expect(fromText('hindsight:dark;bg=black')).toEqual({ problem: 'colour', part: 'bg=black' })
    expect(fromText('hindsight:dark;nothing=#000000')).toEqual({ problem: 'colour', part: 'nothing=#000000' })
    expect(fromText('#000,#fff,#111,blue')).toEqual({ problem: 'colour', part: 'blue' })
  })
})

test('a colour is chosen and given back', () => {
  const one = withColour({ base: 'light', colours: {} }, 'bg', '#ffffff')
  expect(one.colours).toEqual({ bg: '#ffffff' })
  expect(withColour(one, 'bg', null).colours).toEqual({})
  expect([asColour('#AbC'), asColour('#AABBCC'), asColour('aabbcc'), asColour('#12345')]).toEqual(['#aabbcc', '#aabbcc', null, null])
})
