// Countries and cities of a search by the end they belong to.

import type { SummaryField, SummaryMetric } from '@/api/summary'
import type { Metric } from '@/search/urlState'

export const SIDES = ['both', 'src', 'dst', 'xff'] as const
export type Side = (typeof SIDES)[number]

/** What a summary counts; payload is not among it. */
export const MAP_METRICS: readonly SummaryMetric[] = ['sessions', 'packets', 'bytes']
export const metricOf = (metric: Metric): SummaryMetric => (metric === 'databytes' ? 'bytes' : metric)

/** The field of a term: `country` asks for either end. */
export const FIELD: Readonly<Record<Side, string>> = { both: 'country', src: 'country.src', dst: 'country.dst', xff: 'country.xff' }
const CITY: Partial<Record<Side, string>> = { src: 'city.src', dst: 'city.dst' }

/** The fields of one summary. */
export const ASKED = [FIELD.src, FIELD.dst, FIELD.xff, CITY.src, CITY.dst].join(',')

export interface Place {
  name: string
  src: number
  dst: number
  xff: number
}

function gather(fields: readonly SummaryField[], names: Partial<Record<Exclude<Side, 'both'>, string>>, metric: SummaryMetric): Place[] {
  const places = new Map<string, Place>()
  for (const side of ['src', 'dst', 'xff'] as const) {
    for (const row of fields.find((field) => field.field === names[side])?.data ?? []) {
      const name = String(row.item)
      const place = places.get(name) ?? { name, src: 0, dst: 0, xff: 0 }
      place[side] += row[metric]
      places.set(name, place)
    }
  }
  return [...places.values()]
}

export const countriesOf = (fields: readonly SummaryField[], metric: SummaryMetric): Place[] => gather(fields, { src: FIELD.src, dst: FIELD.dst, xff: FIELD.xff }, metric)
export const citiesOf = (fields: readonly SummaryField[], metric: SummaryMetric): Place[] => gather(fields, CITY, metric)

/** What counts for a side: traffic within a country is at both of its ends. */
export const sizeOf = (place: Place, side: Side): number => (side === 'both' ? place.src + place.dst : place[side])

/** Those with something on this side, the most first. */
export function ranked(places: readonly Place[], side: Side): Place[] {
  return places.filter((place) => sizeOf(place, side) > 0).sort((a, b) => sizeOf(b, side) - sizeOf(a, side) || a.name.localeCompare(b.name))
}

export const valuesOf = (places: readonly Place[], side: Side): Record<string, number> => Object.fromEntries(places.map((place) => [place.name, sizeOf(place, side)]))
