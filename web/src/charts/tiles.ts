// A treemap: rectangles as large as their values, those of the next field inside.

import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy'
import { rounded, seriesColour, type Mark, type Tree, type Way } from './marks'

export interface Tile {
  mark: Mark
  way: Way
  x: number
  y: number
  width: number
  height: number
  colour: string
  depth: number
  /** It holds others: its name stands in a line at its top. */
  group: boolean
}

/** Height of the line with the name of a group: all that can be hit of it, so no less than WCAG 2.2 (2.5.8) asks for. */
const HEAD = 26

export function tilesOf(tree: Tree, width: number, height: number): Tile[] {
  const root = hierarchy<Tree>(rounded(tree))
  if (!root.children?.length || width < 1 || height < 1) return []
  // The root has exactly what its children have: all of the space is theirs.
  const whole = root.children.reduce((sum, one) => sum + one.data.size, 0)
  root.each((node) => Object.assign(node, { value: node === root ? whole : node.data.size }))
  const laid = treemap<Tree>().tile(treemapSquarify).size([width, height]).paddingOuter((node) => (node.depth > 0 ? 2 : 0)).paddingInner(2)
    .paddingTop((node) => (node.depth > 0 ? HEAD : 0)).round(true)(root)
  const firsts = root.children
  return laid.descendants().slice(1).flatMap((node) => {
    const [w, h] = [node.x1 - node.x0, node.y1 - node.y0]
    if (w < 1 || h < 1) return []
    const line = node.ancestors().reverse().slice(1)
    return [{
      mark: node.data, way: line.map((one) => one.data.name), x: node.x0, y: node.y0, width: w, height: h,
      colour: seriesColour(firsts.findIndex((one) => one === line[0])), depth: node.depth, group: Boolean(node.children?.length),
    }]
  })
}
