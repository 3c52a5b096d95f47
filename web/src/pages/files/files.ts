// The packet files as a table: all of them are here, so that what is shown, its order and its sums need no further question.

import type { CaptureFile } from '@/api/types'

export const STATES = ['all', 'kept', 'damaged', 'compressed', 'open'] as const
export type FileState = (typeof STATES)[number]

export interface FileColumn {
  key: string
  right?: boolean
  /** Shown when the user chose nothing. */
  usual?: boolean
  /** By what it is sorted. */
  value: (file: CaptureFile) => string | number
}

const firstOf = (file: CaptureFile): number => file.firstTimestamp || (file.first ?? 0) * 1000

export const COLUMNS: readonly FileColumn[] = [
  { key: 'num', right: true, usual: true, value: (file) => file.num },
  { key: 'node', usual: true, value: (file) => file.node },
  { key: 'name', usual: true, value: (file) => file.name },
  { key: 'filesize', right: true, usual: true, value: (file) => file.filesize ?? -1 },
  { key: 'packets', right: true, usual: true, value: (file) => file.packets ?? -1 },
  { key: 'packetsSize', right: true, value: (file) => file.packetsSize ?? -1 },
  { key: 'compression', value: (file) => file.compression ?? '' },
  { key: 'cratio', right: true, value: (file) => file.cratio ?? 0 },
  { key: 'sessionsStarted', right: true, value: (file) => file.sessionsStarted ?? 0 },
  { key: 'first', usual: true, value: firstOf },
  { key: 'lastTimestamp', usual: true, value: (file) => file.lastTimestamp ?? 0 },
  { key: 'span', right: true, value: (file) => (file.lastTimestamp ? file.lastTimestamp - firstOf(file) : 0) },
  { key: 'finishTimestamp', value: (file) => file.finishTimestamp ?? 0 },
]

/** Columns of a list in the URL; an empty one stands for the usual ones, one that is not known is left out. */
export function columnsOf(text: string): FileColumn[] {
  const wanted = text.split(',').filter(Boolean)
  const found = COLUMNS.filter((one) => wanted.includes(one.key))
  return found.length ? found : COLUMNS.filter((one) => one.usual)
}

/** Whether a name contains a pattern whose parts between `*` follow each other; letters of either case. */
export function like(name: string, pattern: string): boolean {
  let rest = name.toLowerCase()
  for (const part of pattern.toLowerCase().split('*')) {
    const at = rest.indexOf(part)
    if (at < 0) return false
    rest = rest.slice(at + part.length)
  }
  return true
}

function inState(file: CaptureFile, state: FileState): boolean {
  if (state === 'kept') return Boolean(file.locked)
  if (state === 'damaged') return Boolean(file.damage)
  if (state === 'compressed') return Boolean(file.compression && file.compression !== 'none')
  // a file that is still written to has no size yet
  if (state === 'open') return (file.filesize ?? -1) < 0
  return true
}

export interface FileFilter {
  name: string
  node: string
  state: FileState
}

export function shown(files: readonly CaptureFile[], { name, node, state }: FileFilter, sort: string, desc: boolean): CaptureFile[] {
  const column = COLUMNS.find((one) => one.key === sort)
  const sign = desc ? -1 : 1
  const list = files.filter((file) => (!node || file.node === node) && inState(file, state) && (!name || like(file.name, name)))
  if (!column) return list
  return list.sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)]
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y))
    return sign * (order || a.num - b.num)
  })
}

export interface FileSums {
  files: number
  bytes: number
  packets: number
  damaged: number
  kept: number
}

export function sums(files: readonly CaptureFile[]): FileSums {
  const out = { files: files.length, bytes: 0, packets: 0, damaged: 0, kept: 0 }
  for (const file of files) {
    out.bytes += Math.max(0, file.filesize ?? 0)
    out.packets += Math.max(0, file.packets ?? 0)
    if (file.damage) out.damaged++
    if (file.locked) out.kept++
  }
  return out
}

export const nodesOf = (files: readonly CaptureFile[]): string[] => [...new Set(files.map((file) => file.node))].sort()
