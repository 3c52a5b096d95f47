// The answer as things to draw: sizes from weights, what is hidden left out, who is whose neighbour.

import type { ConnectionLink, ConnectionNode, ConnectionsAnswer } from '@/api/analysis'
import type { Metric } from '@/search/urlState'

/** Nodes that are drawn; lists have all. More than this nobody can tell apart. */
export const MAX_DRAWN = 3000

export type Role = 'src' | 'dst' | 'both'
export const ROLES: readonly Role[] = ['src', 'dst', 'both']
export const roleOf = (node: ConnectionNode): Role => (node.type === 1 ? 'src' : node.type === 2 ? 'dst' : 'both')

export type Seen = 'new' | 'old' | 'kept'
export const seenOf = (node: ConnectionNode): Seen => (node.inresult === 1 ? 'new' : node.inresult === 2 ? 'old' : 'kept')

const PATHS: Readonly<Record<Exclude<Metric, 'sessions'>, string>> = { packets: 'network.packets', bytes: 'network.bytes', databytes: 'totDataBytes' }
const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0)

export const nodeWeight = (node: ConnectionNode, metric: Metric): number => (metric === 'sessions' ? node.sessions : number(node[PATHS[metric]]))
export const linkWeight = (link: ConnectionLink, metric: Metric): number => (metric === 'sessions' ? link.value : number(link[PATHS[metric]]))

export interface SceneNode {
  node: ConnectionNode
  role: Role
  seen: Seen
  weight: number
  radius: number
}

export interface SceneLink {
  link: ConnectionLink
  /** Places in `nodes` of the scene. */
  source: number
  target: number
  weight: number
  width: number
}

export interface Scene {
  nodes: SceneNode[]
  links: SceneLink[]
  /** Neighbours of each node. */
  near: Set<number>[]
  index: Map<string, number>
  /** Nodes that are not drawn because there are too many. */
  left: number
}

export const EMPTY: Scene = { nodes: [], links: [], near: [], index: new Map(), left: 0 }

/** The heaviest nodes that are not hidden, with the links between them. A hidden node takes those along that only it had. */
export function sceneOf(answer: Pick<ConnectionsAnswer, 'nodes' | 'links'>, metric: Metric, hidden: ReadonlySet<string>, most = MAX_DRAWN): Scene {
  const linked = new Set<number>()
  const lost = new Set<number>()
  for (const { source, target } of answer.links) {
    const [from, to] = [answer.nodes[source], answer.nodes[target]]
    if (!from || !to) continue
    if (hidden.has(from.id) || hidden.has(to.id)) {
      lost.add(source).add(target)
    } else linked.add(source).add(target)
  }
  const shown = answer.nodes.map((node, at) => ({ node, at })).filter(({ node, at }) => !hidden.has(node.id) && (linked.has(at) || !lost.has(at)))
  const heavy = [...shown].sort((a, b) => nodeWeight(b.node, metric) - nodeWeight(a.node, metric)).slice(0, most)
  const place = new Map(heavy.map(({ at }, i) => [at, i]))
  const top = Math.max(1, ...heavy.map(({ node }) => nodeWeight(node, metric)))
  const nodes = heavy.map(({ node }): SceneNode => {
    const weight = nodeWeight(node, metric)
    return { node, role: roleOf(node), seen: seenOf(node), weight, radius: 4 + 15 * Math.sqrt(Math.max(0, weight) / top) }
  })
  const between = answer.links.flatMap((link) => {
    const [source, target] = [place.get(link.source), place.get(link.target)]
    return source === undefined || target === undefined ? [] : [{ link, source, target, weight: linkWeight(link, metric) }]
  })
  const heaviest = Math.max(1, ...between.map((one) => one.weight))
  const links = between.map((one): SceneLink => ({ ...one, width: 0.7 + 4.3 * (Math.log1p(Math.max(0, one.weight)) / Math.log1p(heaviest)) }))
  const near = nodes.map(() => new Set<number>())
  for (const { source, target } of links) {
    near[source]?.add(target)
    near[target]?.add(source)
  }
  return { nodes, links, near, index: new Map(nodes.map(({ node }, i) => [node.id, i])), left: shown.length - heavy.length }
}

/** Texts of a fact: a sum, or a list of values. */
export function factOf(held: Record<string, unknown>, path: string): string[] | number | null {
  const value = held[path]
  if (typeof value === 'number') return value
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'string' ? [value] : null
}
