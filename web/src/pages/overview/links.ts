// Every mark of the overview is a link into the sessions it stands for.

import { catalog } from '@/catalog/catalog'
import { termOf, typed } from '@/catalog/values'
import { joined, quoted } from '@/search/expression'
import type { SearchState } from '@/search/urlState'
import { useSearch, type Place } from '@/search/useSearch'

/** The term that finds sessions with a value of a field; `ip.dst:port` is written as an address with its port. */
export function termFor(exp: string, value: string): string {
  const pair = /^(.*):port$/.exec(exp)
  if (pair) return `${pair[1] ?? ''} == ${quoted(value)}`
  const field = catalog.value.find(exp)
  return field ? termOf(field, typed(field, value)) : `${exp} == ${quoted(value)}`
}

export function useLinks(): { to: (term: string, patch?: Partial<SearchState>) => Place; toValue: (exp: string, value: string) => Place } {
  const { state, on } = useSearch()
  const to = (term: string, patch: Partial<SearchState> = {}): Place => on('sessions', { expression: joined(state.value.expression, '&&', term), ...patch })
  return { to, toValue: (exp, value) => to(termFor(exp, value)) }
}
