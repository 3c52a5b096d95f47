const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return ''
  let value = Math.abs(bytes)
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${bytes < 0 ? '-' : ''}${value.toFixed(digits)} ${UNITS[unit] ?? ''}`
}

/** 12,345: the same in both languages, and readable in both. */
export function formatCount(n: number): string {
  return Number.isFinite(n) ? Math.round(n).toLocaleString('en-US') : ''
}

/** For axes: 1.2k, 3.4M. */
export function formatShort(n: number): string {
  for (const [size, name] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (Math.abs(n) >= size) return `${(n / size).toFixed(Math.abs(n) < size * 10 ? 1 : 0).replace(/\.0$/, '')}${name}`
  }
  return String(Math.round(n * 100) / 100)
}
