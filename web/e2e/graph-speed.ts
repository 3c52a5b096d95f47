// How smoothly the graph of connections moves: `npm run paint` against a running server (HINDSIGHT_URL, HINDSIGHT_PASSWORD).
// A made-up answer of HINDSIGHT_NODES (1,000) nodes with half as many links again takes the place of the server's, so that every run draws
// the same. Printed are times between frames, and how long the page's own work of a frame took. The figures go to docs/viewer-speed.md.

import { expect, test, type Page } from '@playwright/test'
import { begin } from './login.ts'

const NODES = Number(process.env.HINDSIGHT_NODES ?? 1000)

/** A few that talk to many, and many that talk to few, as networks are; the same each time. */
function network(): object {
  let seed = 7
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const nodes = Array.from({ length: NODES }, (_, i) => ({ id: `10.${i >> 8}.${i & 255}.${1 + (i % 200)}`, cnt: 1, sessions: 1 + Math.floor(2000 / (i + 1)), type: 1 + (i % 3), inresult: 1, 'network.bytes': 1000, 'network.packets': 10, totDataBytes: 500 }))
  const links = Array.from({ length: Math.floor(NODES * 1.5) }, (_, i) => ({ source: i < NODES ? i : Math.floor(random() * NODES), target: Math.floor(random() ** 3 * NODES), value: 1 + Math.floor(random() * 50), 'network.bytes': 1000, 'network.packets': 10, totDataBytes: 500 }))
  return { nodes, links, recordsTotal: NODES, recordsFiltered: NODES }
}

/** Counts frames, and the time from the beginning of a frame to the end of its work, until it is read. */
async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const state = { gaps: [] as number[], work: [] as number[], on: true }
    ;(window as unknown as { frames: typeof state }).frames = state
    const own = window.requestAnimationFrame.bind(window)
    // work: what the page itself does within its callbacks
    window.requestAnimationFrame = (run) => own((at) => {
      const from = performance.now()
      run(at)
      state.work.push(performance.now() - from)
    })
    let last = 0
    const tick = (at: number): void => {
      if (last) state.gaps.push(at - last)
      last = at
      if (state.on) own(tick)
    }
    own(tick)
  })
}

async function readFrames(page: Page): Promise<{ frames: number; gap50: number; gap95: number; work50: number; work95: number }> {
  const { gaps, work } = await page.evaluate(() => {
    const state = (window as unknown as { frames: { gaps: number[]; work: number[] } }).frames
    const out = { gaps: state.gaps, work: state.work }
    state.gaps = []
    state.work = []
    return out
  })
  const at = (list: number[], share: number): number => Math.round((([...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0) * 10)) / 10
  return { frames: gaps.length, gap50: at(gaps, 0.5), gap95: at(gaps, 0.95), work50: at(work, 0.5), work95: at(work, 0.95) }
}

test(`the graph of ${NODES} nodes moves`, async ({ page }) => {
  test.setTimeout(180_000)
  await begin(page.request)
  await page.route('**/api/connections?*', (route) => route.fulfill({ json: network() }))
  await page.goto('/connections?date=-1')
  const graph = page.getByTestId('graph')
  await expect(graph).toBeVisible()
  await watchFrames(page)
  const said: Record<string, object> = {}
  // the forces find their places
  await expect(graph).toHaveAttribute('aria-busy', 'false', { timeout: 120_000 })
  said.settling = await readFrames(page)
  const box = await graph.boundingBox()
  if (!box) throw new Error('the graph is not visible')
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(box.x + 8, box.y + box.height - 60)
  await readFrames(page)
  await page.mouse.down()
  for (let i = 0; i < 120; i++) await page.mouse.move(box.x + 8 + i * 2, box.y + box.height - 60 - i)
  await page.mouse.up()
  said.panning = await readFrames(page)
  await page.mouse.move(x, y)
  await readFrames(page)
  for (let i = 0; i < 80; i++) await page.mouse.wheel(0, i < 40 ? -60 : 60)
  said.zooming = await readFrames(page)
  for (let i = 0; i < 120; i++) await page.mouse.move(x - 240 + i * 4, y - 100 + i * 2)
  said.pointing = await readFrames(page)
  process.stdout.write(`${JSON.stringify({ nodes: NODES, links: Math.floor(NODES * 1.5), ...said })}\n`)
})
