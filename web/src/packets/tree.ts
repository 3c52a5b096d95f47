// A packet's tree as rows, and which field a byte belongs to.

import type { TreeNode } from '@/api/packetTree'

export interface Row {
  /** Places of the node and its parents among their siblings, joined by dots: the same for the same packet. */
  key: string
  depth: number
  node: TreeNode
  open: boolean
}

/** The rows that are seen: children only below what is open. */
export function rowsOf(layers: readonly TreeNode[], open: ReadonlySet<string>): Row[] {
  const rows: Row[] = []
  const walk = (nodes: readonly TreeNode[], prefix: string, depth: number): void => {
    nodes.forEach((node, i) => {
      const key = prefix ? `${prefix}.${i}` : `${i}`
      const isOpen = open.has(key)
      rows.push({ key, depth, node, open: isOpen })
      if (isOpen) walk(node.children ?? [], key, depth + 1)
    })
  }
  walk(layers, '', 0)
  return rows
}

const holds = (node: TreeNode, source: number, at: number): boolean =>
  (node.source ?? 0) === source && node.length > 0 && at >= node.start && at < node.start + node.length

/** Key of the narrowest node that holds a byte; deeper wins among equals. */
export function nodeAt(layers: readonly TreeNode[], source: number, at: number): string | null {
  let best: { key: string; length: number } | null = null
  const walk = (nodes: readonly TreeNode[], prefix: string): void => {
    nodes.forEach((node, i) => {
      const key = prefix ? `${prefix}.${i}` : `${i}`
      if (holds(node, source, at) && (!best || node.length <= best.length)) best = { key, length: node.length }
      walk(node.children ?? [], key)
    })
  }
  walk(layers, '')
  return (best as { key: string } | null)?.key ?? null
}

/** Keys of a node's parents, outermost first. */
export function parentsOf(key: string): string[] {
  const parts = key.split('.')
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('.'))
}

/** The worst note below a node. */
export function worst(node: TreeNode): 'error' | 'warning' | null {
  let found: 'error' | 'warning' | null = null
  const walk = (one: TreeNode): void => {
    for (const note of one.notes ?? []) {
      if (note.severity === 'error') found = 'error'
      else if (note.severity === 'warning' && found !== 'error') found = 'warning'
    }
    one.children?.forEach(walk)
  }
  walk(node)
  return found
}
