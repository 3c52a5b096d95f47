/** Milliseconds between two instants given as epoch nanoseconds in text; 0 where one is missing. */
export function sinceBefore(time: string, before: string | undefined): number {
  if (!before) return 0
  // The difference fits a double even where the instants do not.
  return Number(BigInt(time) - BigInt(before)) / 1e6
}
