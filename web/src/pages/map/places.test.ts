import { expect, test } from 'vitest'
import type { SummaryField } from '@/api/summary'
import { ASKED, citiesOf, countriesOf, ranked, sizeOf, valuesOf } from './places'

const row = (item: string, sessions: number, bytes: number) => ({ item, sessions, packets: 0, bytes })
const fields: SummaryField[] = [
  { field: 'country.src', viewMode: 'bar', metricType: 'sessions', data: [row('SE', 5, 10), row('US', 1, 99)] },
  { field: 'country.dst', viewMode: 'bar', metricType: 'sessions', data: [row('US', 7, 1)] },
  { field: 'country.xff', viewMode: 'bar', metricType: 'sessions', data: [row('---', 3, 3)] },
  { field: 'city.dst', viewMode: 'bar', metricType: 'sessions', data: [row('Boston', 2, 2)] },
]

test('both ends of a country come together', () => {
  const places = countriesOf(fields, 'sessions')
  expect(valuesOf(places, 'both')).toEqual({ SE: 5, US: 8, '---': 0 })
  expect(ranked(places, 'both').map((place) => place.name)).toEqual(['US', 'SE'])
  expect(ranked(places, 'xff').map((place) => place.name)).toEqual(['---'])
  expect(ranked(countriesOf(fields, 'bytes'), 'src').map((place) => sizeOf(place, 'src'))).toEqual([99, 10])
  expect(citiesOf(fields, 'sessions')).toEqual([{ name: 'Boston', src: 0, dst: 2, xff: 0 }])
  expect(ASKED.split(',')).toHaveLength(5)
})
