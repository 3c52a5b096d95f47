// The map of the world: shapes of countries (Natural Earth 1:110,000,000, by way of world-atlas), loaded when first needed.

import type { Feature, FeatureCollection, Geometry } from 'geojson'
import type { GeometryCollection, Topology } from 'topojson-specification'
import { ALPHA2, UNNUMBERED } from './countryCodes'

export interface Country {
  /** ISO 3166-1 alpha-2; empty for land that no code stands for. */
  code: string
  shape: Feature<Geometry>
}

let loading: Promise<readonly Country[]> | undefined

/** Countries with their shapes. Antarctica is left out: it takes a fifth of the picture and sends no packets. */
export function loadWorld(): Promise<readonly Country[]> {
  loading ??= Promise.all([import('topojson-client'), import('world-atlas/countries-110m.json')])
    .then(([{ feature }, atlas]) => {
      const topology = (atlas as unknown as { default: Topology<{ countries: GeometryCollection<{ name?: string }> }> }).default
      const all = feature(topology, topology.objects.countries) as FeatureCollection<Geometry, { name?: string }>
      return all.features
        .map((shape) => ({ code: ALPHA2.get(String(shape.id ?? '')) ?? UNNUMBERED[shape.properties.name ?? ''] ?? '', shape }))
        .filter((country) => country.code !== 'AQ')
    })
    .catch((error: unknown) => {
      loading = undefined
      throw error
    })
  return loading
}

const names = new Map<string, Intl.DisplayNames>()

/** The name of a country in the language of the page; what is no code stays as it is. */
export function countryName(code: string, locale: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return code
  let language = names.get(locale)
  if (!language) names.set(locale, (language = new Intl.DisplayNames([locale === 'zh' ? 'zh-CN' : 'en'], { type: 'region', fallback: 'code' })))
  return language.of(code) ?? code
}

/** Steps of colour of the map. */
export const STEPS = 6

/**
 * The lower bounds of the steps, smallest first: traffic spreads over orders of magnitude, so the steps are even in its logarithm. Fewer
 * than `STEPS` where the values lie close together.
 */
export function stepsOf(values: readonly number[]): number[] {
  const sound = values.filter((n) => n > 0)
  if (!sound.length) return []
  const [low, high] = [Math.min(...sound), Math.max(...sound)]
  const bounds = Array.from({ length: STEPS }, (_, i) => low * (high / low) ** (i / STEPS))
  return [...new Set(bounds.map((n) => (n >= 10 ? Number(n.toPrecision(1)) : Math.max(1, Math.round(n)))))]
}

/** Which step a value is in, from 0; -1 for nothing. */
export function stepOf(value: number, bounds: readonly number[]): number {
  if (!(value > 0) || !bounds.length) return -1
  return Math.max(0, bounds.findLastIndex((bound) => value >= bound))
}

/** Paler to stronger. */
export function stepColour(step: number, steps: number): string {
  if (step < 0) return 'var(--map-land)'
  const share = steps < 2 ? 80 : 22 + (78 * step) / (steps - 1)
  return `color-mix(in oklab, var(--accent) ${share.toFixed(0)}%, var(--map-land))`
}
