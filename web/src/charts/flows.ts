// A sankey of a tree: one column a field, bands as wide as what flows from a value to one of the next field.

import { sankey, sankeyLinkHorizontal } from 'd3-sankey'
import { seriesColour, type Mark, type Tree } from './marks'

interface Node {
  id: string
  name: string
  level: number
  order: number
}
interface Link {
  source: string
  target: string
  value: number
}

export interface FlowNode {
  mark: Mark
  /** Column, from 0. */
  level: number
  x: number
  y: number
  width: number
  height: number
  colour: string
}

export interface FlowLink {
  from: string
  to: string
  /** Column of `from`. */
  level: number
  size: number
  path: string
  width: number
  colour: string
}

export interface Flows {
  nodes: FlowNode[]
  links: FlowLink[]
  columns: number
}

/** The same value under two parents is one node of its column: bands that meet there are added up. */
export function flowsOf(tree: Tree, width: number, height: number): Flows {
  const nodes = new Map<string, Node>()
  const links = new Map<string, Link>()
  const walk = (one: Tree, level: number): string => {
    const id = `${level}\n${one.name}`
    if (!nodes.has(id)) nodes.set(id, { id, name: one.name, level, order: [...nodes.values()].filter((node) => node.level === level).length })
    for (const child of one.children ?? []) {
      const to = walk(child, level + 1)
      const key = `${id}\n\n${to}`
      const held = links.get(key)
      if (held) held.value += child.size
      else links.set(key, { source: id, target: to, value: child.size })
    }
    return id
  }
  for (const one of tree.children ?? []) walk(one, 0)
  const columns = Math.max(0, ...[...nodes.values()].map((node) => node.level + 1))
  const sound = [...links.values()].filter((link) => link.value > 0)
  if (!sound.length || width < 40 || height < 20) return { nodes: [], links: [], columns }
  const linked = new Set(sound.flatMap((link) => [link.source, link.target]))
  const laid = sankey<Node, Link>().nodeId((node) => node.id).nodeAlign((node) => node.level).nodeWidth(12).nodePadding(8)
    .extent([[1, 4], [width - 1, height - 4]])({ nodes: [...nodes.values()].filter((node) => linked.has(node.id)).map((node) => ({ ...node })), links: sound })
  const path = sankeyLinkHorizontal<Node, Link>()
  const side = (end: unknown): Node => end as Node
  return {
    columns,
    nodes: laid.nodes.map((node) => ({
      mark: { name: node.name, size: node.value ?? 0 }, level: node.level, x: node.x0 ?? 0, y: node.y0 ?? 0,
      width: (node.x1 ?? 0) - (node.x0 ?? 0), height: Math.max(1, (node.y1 ?? 0) - (node.y0 ?? 0)), colour: seriesColour(node.order),
    })),
    links: laid.links.map((link) => ({
      from: side(link.source).name, to: side(link.target).name, level: side(link.source).level, size: link.value, path: path(link) ?? '',
      width: Math.max(1, link.width ?? 1), colour: seriesColour(side(link.source).order),
    })),
  }
}
