// Pictures of every page, light and dark, in both languages: `npm run shots`. They land in e2e/shots; the one of the README is
// docs/images/sessions.png, that of docs/alerts.md docs/images/alert.png. HINDSIGHT_SHOT_QUERY chooses what the sessions page shows (default: all time).

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type Page } from '@playwright/test'
import { begin, csrf, logIn } from './login.ts'

const shots = join(import.meta.dirname, 'shots')
const query = process.env.HINDSIGHT_SHOT_QUERY ?? 'date=-1'

/** Settings go with the account; the log-in page has only the browser's own. */
async function look(page: Page, theme: string, locale: string): Promise<void> {
  const preferences = { theme, locale, zone: 'local' }
  await begin(page.request)
  await page.request.post('/api/user/settings', { headers: await csrf(page.request), data: { viewer: { preferences } } })
  await page.context().clearCookies()
  await page.goto('/login')
  await page.evaluate((text) => localStorage.setItem('hindsight.preferences', text), JSON.stringify(preferences))
  await page.reload()
}

/** Nothing on the page is under way any more. */
const quiet = async (page: Page): Promise<void> => {
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(400)
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null)
  await page.waitForTimeout(300)
}

for (const [theme, locale, width] of [['light', 'en', 1280], ['dark', 'en', 1920], ['light', 'zh', 1920], ['dark', 'zh', 1280]] as const) {
  test(`${theme} ${locale} ${width}`, async ({ page }) => {
    test.setTimeout(400_000)
    mkdirSync(shots, { recursive: true })
    await page.setViewportSize({ width, height: width === 1280 ? 800 : 1080 })
    const shot = async (name: string): Promise<void> => void (await page.screenshot({ path: join(shots, `${theme}-${locale}-${width}-${name}.png`) }))
    await look(page, theme, locale)
    await quiet(page)
    await shot('login')
    await logIn(page)
    await page.goto(`/sessions?${query}`)
    await quiet(page)
    await shot('sessions')
    const row = page.locator('[role=row][aria-rowindex="4"]')
    await row.click({ position: { x: 5, y: 16 } })
    await page.getByTestId('fields').waitFor()
    await quiet(page)
    await shot('fields')
    for (const [pane, key] of [['perf', '2'], ['packets', '3']] as const) {
      await page.keyboard.press(key)
      await quiet(page)
      await shot(pane)
    }
    await page.goto(`${page.url()}&view=packets&base=hex`)
    await quiet(page)
    await shot('hex')
    await page.goto(`/sessions?${query}&graphType=bytes`)
    await quiet(page)
    await page.getByTestId('time').click()
    await page.waitForTimeout(200)
    await shot('time')
    await page.keyboard.press('Escape')
    await page.getByTestId('columns').click()
    await page.waitForTimeout(200)
    await shot('columns')
    await page.keyboard.press('Escape')
    await page.getByTestId('export').click()
    await quiet(page)
    await shot('export')
    await page.keyboard.press('Escape')
    await page.keyboard.press('u')
    await page.waitForTimeout(200)
    await shot('upload')
    await page.keyboard.press('Escape')
    await page.goto('/sessions?date=-1&expression=protocols%20%3D%3D%20http%20%26%26%20nonsense%20%3D%3D%201')
    await quiet(page)
    await shot('error')
    await page.getByTestId('expression').click()
    await page.keyboard.press('Control+End')
    await page.keyboard.type(' && htt')
    await page.waitForTimeout(900)
    await shot('completion')
    for (const path of ['alerts?date=-1', 'assets?date=-1', 'spiview?date=-1', 'spigraph?date=-1', 'connections?date=-1&length=500', 'map?date=-1', 'files', 'stats?date=0.25&live=0', 'help', 'help?tab=fields', 'settings']) {
      await page.goto(`/${path}`)
      await quiet(page)
      await shot(path.replace('?tab=', '-').replace(/\?.*/, ''))
    }
  })
}

test('the picture of the README', async ({ page }) => {
  const images = join(import.meta.dirname, '../../docs/images')
  mkdirSync(images, { recursive: true })
  await page.setViewportSize({ width: 1600, height: 940 })
  await look(page, 'light', 'en')
  await logIn(page)
  await page.goto(`/sessions?${query}&pane=perf`)
  await quiet(page)
  await page.locator(`[role=row][aria-rowindex="${process.env.HINDSIGHT_SHOT_ROW ?? '4'}"]`).click({ position: { x: 5, y: 16 } })
  await page.keyboard.press('2')
  await quiet(page)
  await page.mouse.move(5, 5)
  await page.screenshot({ path: join(images, 'sessions.png') })
})

test('the picture of an alert', async ({ page }) => {
  const images = join(import.meta.dirname, '../../docs/images')
  mkdirSync(images, { recursive: true })
  await page.setViewportSize({ width: 1440, height: 1010 })
  await look(page, 'light', 'en')
  await logIn(page)
  await page.goto('/alerts?date=-1&sort=count')
  await page.getByTestId('alerts').locator('tbody tr').first().getByRole('link').click()
  await page.getByTestId('evidence-packet').first().waitFor()
  await quiet(page)
  await page.mouse.move(5, 5)
  await page.screenshot({ path: join(images, 'alert.png') })
})
