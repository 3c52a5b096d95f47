// Rings of arcs: a pie of one field, or of several with each in its own ring.

import { hierarchy, partition } from 'd3-hierarchy'
import { rounded, seriesColour, type Mark, type Tree, type Way } from './marks'

export interface Arc {
  mark: Mark
  way: Way
  /** 0 is the innermost ring. */
  ring: number
  path: string
  colour: string
  /** Of its own kind inside its parent: outer rings are paler. */
  strength: number
}

const TURN = Math.PI * 2

/** An SVG path of a piece of a ring; a whole turn is drawn as two halves, since an arc that ends where it began is nothing. */
export function ringPath(from: number, to: number, inner: number, outer: number): string {
  const at = (angle: number, radius: number): string => `${(Math.sin(angle) * radius).toFixed(2)},${(-Math.cos(angle) * radius).toFixed(2)}`
  if (to - from >= TURN - 1e-6) {
    const circle = (radius: number, sweep: 0 | 1): string => `M${at(0, radius)}A${radius},${radius},0,1,${sweep},${at(Math.PI, radius)}A${radius},${radius},0,1,${sweep},${at(TURN, radius)}Z`
    return circle(outer, 1) + (inner > 0 ? circle(inner, 0) : '')
  }
  const large = to - from > Math.PI ? 1 : 0
  const edge = inner > 0 ? `L${at(to, inner)}A${inner},${inner},0,${large},0,${at(from, inner)}` : 'L0,0'
  return `M${at(from, outer)}A${outer},${outer},0,${large},1,${at(to, outer)}${edge}Z`
}

/** The arcs of a tree in a circle of this radius; `hole` is the radius of what stays free in the middle. */
export function arcsOf(tree: Tree, radius: number, hole: number): Arc[] {
  const root = hierarchy<Tree>(rounded(tree))
  const depth = root.height
  if (!depth || !(root.data.size > 0)) return []
  root.each((node) => Object.assign(node, { value: node.data.size }))
  const laid = partition<Tree>().size([TURN, depth + 1])(root)
  const width = (radius - hole) / depth
  const firsts = root.children ?? []
  return laid.descendants().slice(1).flatMap((node) => {
    if (node.x1 - node.x0 < 0.002) return []
    const line = node.ancestors().reverse().slice(1)
    const ring = node.depth - 1
    return [{
      mark: node.data,
      way: line.map((one) => one.data.name),
      ring,
      path: ringPath(node.x0, node.x1, hole + ring * width, hole + (ring + 1) * width - 1),
      colour: seriesColour(firsts.findIndex((one) => one === line[0])),
      strength: 1 - ring * 0.28,
    }]
  })
}
