import { Layout, type FromWorker, type ToWorker } from './layout'

/** Milliseconds between two pictures. */
const FRAME = 16
let layout: Layout | undefined
let timer: ReturnType<typeof setTimeout> | undefined

function run(): void {
  timer = undefined
  if (!layout) return
  const startedAt = performance.now()
  // A small graph takes several steps a picture and is at rest in a second.
  do layout.tick()
  while (!layout.settled && performance.now() - startedAt < FRAME / 4)
  const answer: FromWorker = { at: layout.positions(), settled: layout.settled }
  postMessage(answer)
  if (!layout.settled) timer = setTimeout(run, Math.max(0, FRAME - (performance.now() - startedAt)))
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.do === 'begin') layout = new Layout(data.input)
  else if (data.do === 'hold') layout?.hold(data.i, data.x, data.y)
  else if (data.do === 'free') layout?.free(data.i)
  if (data.do !== 'begin') layout?.warm(data.do === 'warm' ? 0.8 : 0.2)
  timer ??= setTimeout(run, 0)
})
