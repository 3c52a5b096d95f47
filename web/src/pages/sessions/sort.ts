// What a click on a column head does to the sort keys.

import type { SortKey } from '@/search/urlState'

/** A plain click sorts by this alone, descending first, then turns it round; with Shift the key joins the others. */
export function clicked(sort: readonly SortKey[], field: string, add: boolean): SortKey[] {
  const at = sort.findIndex((key) => key.field === field)
  const key = sort[at]
  if (!add) return [{ field, desc: sort.length === 1 && key ? !key.desc : true }]
  if (!key) return [...sort, { field, desc: true }]
  if (key.desc) return sort.map((one, i) => (i === at ? { field, desc: false } : one))
  const rest = sort.filter((_, i) => i !== at)
  return rest.length ? rest : [{ field, desc: true }]
}
