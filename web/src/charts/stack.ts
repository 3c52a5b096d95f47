/** Sums from the bottom up, so that the last curve lies lowest; the first, drawn first, is the whole. */
export function stack(curves: readonly { values: readonly (number | null)[] }[]): (number | null)[][] {
  let below: (number | null)[] = []
  return [...curves].reverse().map((curve) => {
    below = curve.values.map((n, i) => (n === null && (below[i] ?? null) === null ? null : (n ?? 0) + (below[i] ?? 0)))
    return below
  }).reverse()
}
