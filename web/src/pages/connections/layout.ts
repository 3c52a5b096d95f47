// Where the nodes stand: forces that push nodes apart and pull linked ones together, worked out in a worker so that the page stays
// quick however many there are.

import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type Simulation, type SimulationLinkDatum, type SimulationNodeDatum } from 'd3-force'

export interface LayoutInput {
  radii: number[]
  links: [source: number, target: number][]
  /** Where a node stood before; NaN for a new one. */
  at?: Float32Array
  /** Nodes that stay where they are. */
  fixed?: number[]
}

export class Layout {
  private readonly nodes: SimulationNodeDatum[]
  private readonly simulation: Simulation<SimulationNodeDatum, SimulationLinkDatum<SimulationNodeDatum>>

  constructor(input: LayoutInput) {
    const { radii, links, at, fixed = [] } = input
    this.nodes = radii.map((_, i) => {
      const [x, y] = [at?.[i * 2], at?.[i * 2 + 1]]
      return x !== undefined && y !== undefined && Number.isFinite(x) && Number.isFinite(y) ? { x, y } : {}
    })
    const many = radii.length > 1200
    const known = this.nodes.filter((node) => node.x !== undefined).length
    this.simulation = forceSimulation(this.nodes)
      .force('link', forceLink(links.map(([source, target]) => ({ source, target }))).distance((link) => 36 + (radii[(link.source as SimulationNodeDatum).index ?? 0] ?? 0) + (radii[(link.target as SimulationNodeDatum).index ?? 0] ?? 0)))
      .force('charge', forceManyBody().strength(-110).distanceMax(many ? 260 : 500).theta(many ? 1.2 : 0.9))
      .force('collide', forceCollide((_, i) => (radii[i] ?? 0) + 3).iterations(1))
      // Groups that nothing links stay in sight of one another.
      .force('x', forceX(0).strength(0.045))
      .force('y', forceY(0).strength(0.06))
      .alpha(known > radii.length / 2 ? 0.25 : 1)
      // Many nodes cost more a step, and nobody waits for the last pixel.
      .alphaDecay(many ? 0.045 : 0.0228)
      .stop()
    for (const i of fixed) this.hold(i)
  }

  get settled(): boolean {
    return this.simulation.alpha() < this.simulation.alphaMin()
  }

  tick(): void {
    this.simulation.tick()
  }

  /** x and y of every node. */
  positions(): Float32Array {
    const out = new Float32Array(this.nodes.length * 2)
    this.nodes.forEach((node, i) => {
      out[i * 2] = node.x ?? 0
      out[i * 2 + 1] = node.y ?? 0
    })
    return out
  }

  /** The node stays where it is, or at a place. */
  hold(i: number, x?: number, y?: number): void {
    const node = this.nodes[i]
    if (!node) return
    node.fx = x ?? node.x ?? 0
    node.fy = y ?? node.y ?? 0
    if (x !== undefined) node.x = node.fx
    if (y !== undefined) node.y = node.fy
  }

  free(i: number): void {
    const node = this.nodes[i]
    if (node) node.fx = node.fy = null
  }

  warm(alpha = 0.3): void {
    this.simulation.alpha(Math.max(this.simulation.alpha(), alpha))
  }
}

/** What the page tells the worker, and what it answers: positions after each step. */
export type ToWorker = { do: 'begin'; input: LayoutInput } | { do: 'hold'; i: number; x?: number; y?: number } | { do: 'free'; i: number } | { do: 'warm' }
export interface FromWorker {
  at: Float32Array
  settled: boolean
}
