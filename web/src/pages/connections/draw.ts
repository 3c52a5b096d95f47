// The graph on a canvas: links, nodes and as many names as fit without covering one another.

import { plainText } from '@/charts/marks'
import type { Scene } from './scene'

export interface View {
  /** Screen = world * k + (x, y), CSS pixels. */
  k: number
  x: number
  y: number
}

export interface Look {
  /** The node under the pointer or chosen: what it is not linked to is pale; -1 for none. */
  focus: number
  /** The chosen link; -1 for none. */
  link: number
  locked: ReadonlySet<string>
  /** Nodes that a text finds; null where none is typed. */
  found: ReadonlySet<number> | null
  /** The picture moves: fewer names, without a halo. */
  moving: boolean
  /** With marks for new and old. */
  compared: boolean
}

export interface Colours {
  back: string
  text: string
  faint: string
  line: string
  accent: string
  src: string
  dst: string
  both: string
  fresh: string
  gone: string
}

const LABELS = 90
/** Text is what a picture costs most. */
const MOVING_LABELS = 30

export function draw(ctx: CanvasRenderingContext2D, size: { width: number; height: number }, scene: Scene, at: Float32Array, view: View, look: Look, colours: Colours): void {
  const { width, height } = size
  const X = (i: number): number => (at[i * 2] ?? 0) * view.k + view.x
  const Y = (i: number): number => (at[i * 2 + 1] ?? 0) * view.k + view.y
  const zoom = Math.min(2.2, Math.max(0.45, Math.sqrt(view.k)))
  ctx.clearRect(0, 0, width, height)
  const focused = look.focus >= 0 ? scene.near[look.focus] : undefined
  const pale = (i: number): boolean => (focused ? i !== look.focus && !focused.has(i) : look.found ? !look.found.has(i) : false)

  const stroke = (mine: (i: number) => boolean, colour: string, alpha: number): void => {
    ctx.strokeStyle = colour
    ctx.globalAlpha = alpha
    // Widths in steps: one path for each instead of one for each link.
    const paths = new Map<number, Path2D>()
    scene.links.forEach((link, i) => {
      if (!mine(i)) return
      const [x1, y1, x2, y2] = [X(link.source), Y(link.source), X(link.target), Y(link.target)]
      if ((x1 < 0 && x2 < 0) || (x1 > width && x2 > width) || (y1 < 0 && y2 < 0) || (y1 > height && y2 > height)) return
      const step = Math.round(link.width * zoom * 2) / 2
      let path = paths.get(step)
      if (!path) paths.set(step, (path = new Path2D()))
      if (link.source === link.target) path.ellipse(x1, y1 - 9 * zoom, 6 * zoom, 9 * zoom, 0, 0, Math.PI * 2)
      else {
        path.moveTo(x1, y1)
        path.lineTo(x2, y2)
      }
    })
    for (const [step, path] of paths) {
      ctx.lineWidth = step
      ctx.stroke(path)
    }
  }
  const touches = (i: number): boolean => scene.links[i]?.source === look.focus || scene.links[i]?.target === look.focus
  if (focused) {
    stroke((i) => !touches(i), colours.line, 0.35)
    stroke(touches, colours.accent, 0.7)
  } else stroke(() => true, colours.faint, look.found ? 0.2 : 0.5)
  if (look.link >= 0) stroke((i) => i === look.link, colours.accent, 1)

  const radius = (i: number): number => (scene.nodes[i]?.radius ?? 4) * zoom
  // Nodes that look alike are one path: a thousand fills cost more than one fill of a thousand circles.
  const alike = new Map<string, { path: Path2D; fill: string; stroke: string; width: number; alpha: number; dashed: boolean }>()
  const over: number[] = []
  scene.nodes.forEach((node, i) => {
    const [x, y, r] = [X(i), Y(i), radius(i)]
    if (x < -r || y < -r || x > width + r || y > height + r) return
    const [old, fresh, faint] = [look.compared && node.seen === 'old', look.compared && node.seen === 'new', pale(i)]
    const key = `${node.role}${old ? 'o' : ''}${fresh ? 'n' : ''}${faint ? 'p' : ''}`
    let group = alike.get(key)
    if (!group) {
      group = {
        path: new Path2D(), fill: old ? colours.back : colours[node.role], stroke: old ? colours.gone : fresh ? colours.fresh : colours.back, width: old || fresh ? 2.5 : 1,
        alpha: faint ? 0.18 : 1, dashed: old,
      }
      alike.set(key, group)
    }
    group.path.moveTo(x + r, y)
    group.path.arc(x, y, r, 0, Math.PI * 2)
    if (i === look.focus || look.found?.has(i) || look.locked.has(node.node.id)) over.push(i)
  })
  for (const { path, fill, stroke: line, width: wide, alpha, dashed } of alike.values()) {
    ctx.globalAlpha = alpha
    ctx.fillStyle = fill
    ctx.fill(path)
    ctx.lineWidth = wide
    ctx.strokeStyle = line
    if (dashed) ctx.setLineDash([3, 2])
    ctx.stroke(path)
    ctx.setLineDash([])
  }
  ctx.globalAlpha = 1
  for (const i of over) {
    const [x, y, r] = [X(i), Y(i), radius(i)]
    if (look.locked.has(scene.nodes[i]?.node.id ?? '')) {
      ctx.beginPath()
      ctx.arc(x, y, Math.max(2, r * 0.32), 0, Math.PI * 2)
      ctx.fillStyle = colours.back
      ctx.fill()
    }
    if (i === look.focus || look.found?.has(i)) {
      ctx.beginPath()
      ctx.arc(x, y, r + 3, 0, Math.PI * 2)
      ctx.lineWidth = 2
      ctx.strokeStyle = colours.text
      ctx.stroke()
    }
  }

  // Names, the heaviest node first; one that would lie on another is left out until there is room.
  ctx.font = '11.5px "JetBrains Mono", ui-monospace, monospace'
  ctx.textBaseline = 'middle'
  ctx.lineJoin = 'round'
  const taken: [number, number, number, number][] = []
  const name = (i: number, must: boolean): boolean => {
    const node = scene.nodes[i]
    const [x, y] = [X(i), Y(i)]
    if (!node || x < 0 || y < 0 || x > width || y > height) return false
    const plain = plainText(node.node.id)
    const label = plain.length > 42 ? `${plain.slice(0, 40)}…` : plain
    const box: [number, number, number, number] = [x + radius(i) + 3, y - 7, label.length * 7, 14]
    if (!must && taken.some(([a, b, w, h]) => box[0] < a + w && a < box[0] + box[2] && box[1] < b + h && b < box[1] + box[3])) return false
    taken.push(box)
    ctx.globalAlpha = pale(i) ? 0.25 : 1
    if (!look.moving) {
      ctx.lineWidth = 3
      ctx.strokeStyle = colours.back
      ctx.strokeText(label, box[0], y)
    }
    ctx.fillStyle = colours.text
    ctx.fillText(label, box[0], y)
    return true
  }
  if (look.focus >= 0) name(look.focus, true)
  const wanted = focused ? [...focused].sort((a, b) => a - b) : look.found ? [...look.found].sort((a, b) => a - b) : scene.nodes.map((_, i) => i)
  let drawn = 0
  for (const i of wanted) {
    if (drawn >= (look.moving ? MOVING_LABELS : LABELS * Math.max(1, view.k))) break
    if (name(i, false)) drawn++
  }
  ctx.globalAlpha = 1
}

/** The node at a place on the screen, the uppermost first; -1 for none. */
export function nodeAt(scene: Scene, at: Float32Array, view: View, x: number, y: number): number {
  const zoom = Math.min(2.2, Math.max(0.45, Math.sqrt(view.k)))
  for (let i = scene.nodes.length - 1; i >= 0; i--) {
    const [dx, dy] = [(at[i * 2] ?? 0) * view.k + view.x - x, (at[i * 2 + 1] ?? 0) * view.k + view.y - y]
    const r = Math.max(6, (scene.nodes[i]?.radius ?? 4) * zoom)
    if (dx * dx + dy * dy <= r * r) return i
  }
  return -1
}

/** The link within 5 pixels of a place; -1 for none. */
export function linkAt(scene: Scene, at: Float32Array, view: View, x: number, y: number): number {
  let best = -1
  let least = 25
  scene.links.forEach((link, i) => {
    const [x1, y1] = [(at[link.source * 2] ?? 0) * view.k + view.x, (at[link.source * 2 + 1] ?? 0) * view.k + view.y]
    const [x2, y2] = [(at[link.target * 2] ?? 0) * view.k + view.x, (at[link.target * 2 + 1] ?? 0) * view.k + view.y]
    const long = (x2 - x1) ** 2 + (y2 - y1) ** 2
    if (!long) return
    const along = Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / long))
    const away = (x1 + along * (x2 - x1) - x) ** 2 + (y1 + along * (y2 - y1) - y) ** 2
    if (away < least) [best, least] = [i, away]
  })
  return best
}

/** The view in which everything is seen. */
export function fitted(scene: Scene, at: Float32Array, size: { width: number; height: number }): View {
  if (!scene.nodes.length || !size.width || !size.height) return { k: 1, x: size.width / 2, y: size.height / 2 }
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  scene.nodes.forEach((node, i) => {
    const [x, y] = [at[i * 2] ?? 0, at[i * 2 + 1] ?? 0]
    left = Math.min(left, x - node.radius)
    right = Math.max(right, x + node.radius)
    top = Math.min(top, y - node.radius)
    bottom = Math.max(bottom, y + node.radius)
  })
  // names stand to the right of their nodes
  const k = Math.max(0.02, Math.min(2, (size.width - 170) / Math.max(1, right - left), (size.height - 50) / Math.max(1, bottom - top)))
  return { k, x: (size.width - 110) / 2 - ((left + right) / 2) * k, y: size.height / 2 - ((top + bottom) / 2) * k }
}

/** Closer or farther with the place under the pointer staying where it is. */
export function zoomed(view: View, by: number, x: number, y: number): View {
  const k = Math.max(0.02, Math.min(12, view.k * by))
  return { k, x: x - ((x - view.x) * k) / view.k, y: y - ((y - view.y) * k) / view.k }
}
