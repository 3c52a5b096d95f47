// How much the first page weighs and how soon it is there: `npm run paint` against a running server (HINDSIGHT_URL, HINDSIGHT_PASSWORD).
// Bytes are those that crossed the wire, compressed, with nothing in the cache; times are medians. The figures go to docs/viewer-speed.md.

import { expect, test } from '@playwright/test'
import { begin } from './login.ts'

const ROUNDS = Number(process.env.HINDSIGHT_ROUNDS ?? 7)
/** What the project promises: compressed bytes of everything that the first page loads before its answers. */
const LIMIT = 1_000_000

const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0

for (const path of ['/overview?date=-1', '/sessions?date=-1']) {
  test(`first visit of ${path}`, async ({ browser }) => {
    test.setTimeout(180_000)
    const rounds: { bytes: number; answers: number; requests: number; paint: number; content: number; click: number }[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const context = await browser.newContext()
      await begin(context.request)
      const page = await context.newPage()
      const wire = await context.newCDPSession(page)
      await wire.send('Network.enable')
      await wire.send('Network.setCacheDisabled', { cacheDisabled: true })
      const urls = new Map<string, string>()
      let [bytes, answers, requests] = [0, 0, 0]
      wire.on('Network.requestWillBeSent', (event) => urls.set(event.requestId, event.request.url))
      wire.on('Network.loadingFinished', (event) => {
        requests++
        if (new URL(urls.get(event.requestId) ?? 'http://x/').pathname.startsWith('/api/')) answers += event.encodedDataLength
        else bytes += event.encodedDataLength
      })
      await page.goto(path)
      const shown = path.startsWith('/overview') ? page.getByTestId('total-sessions').getByText(/\d/).first() : page.getByTestId('count').locator('b')
      await expect(shown).toBeVisible()
      const content = await page.evaluate(() => performance.now())
      const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)
      await page.waitForLoadState('networkidle')
      // From the click to the frame that shows it.
      const click = await page.getByRole('button', { name: 'Packets', exact: true }).first().evaluate((button) => new Promise<number>((resolve) => {
        const from = performance.now()
        ;(button as HTMLElement).click()
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)))
      }))
      rounds.push({ bytes, answers, requests, paint, content, click })
      await context.close()
    }
    const of = (key: keyof (typeof rounds)[number]): number => Math.round(median(rounds.map((one) => one[key])))
    process.stdout.write(`${JSON.stringify({ path, rounds: ROUNDS, bytes: of('bytes'), answers: of('answers'), requests: of('requests'), firstPaintMs: of('paint'), firstAnswerMs: of('content'), clickMs: of('click') })}\n`)
    // Bytes are no time: they do not depend on the machine.
    expect(of('bytes')).toBeLessThan(LIMIT)
  })
}
