/** Takes over what fits in type; a newer or older viewer may have stored other things. */
export function adopt<T extends object>(into: T, from: unknown): void {
  if (typeof from !== 'object' || from === null) return
  for (const key of Object.keys(into) as (keyof T & string)[]) {
    const value = (from as Record<string, unknown>)[key]
    if (value !== undefined && typeof value === typeof into[key] && Array.isArray(value) === Array.isArray(into[key])) into[key] = value as T[keyof T & string]
  }
}
