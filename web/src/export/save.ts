// Files that the browser makes itself: tables and pictures of what is on the page.

/** A cell as the server writes it: what a spreadsheet would run as a formula gets a quote before it. */
export function csvCell(value: string | number): string {
  const text = String(value)
  const risky = /^[=+@\t\r]/.test(text) || (text.startsWith('-') && !Number.isFinite(Number(text)))
  const safe = risky ? `'${text}` : text
  return /[,"\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function csv(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')
}

export function saveFile(name: string, content: Blob | string, type = 'text/csv;charset=utf-8'): void {
  const url = URL.createObjectURL(typeof content === 'string' ? new Blob([content], { type }) : content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
