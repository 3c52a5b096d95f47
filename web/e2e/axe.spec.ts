// Every page without a violation of WCAG 2.2 A and AA that axe can find, in both languages and both themes (contrast depends on the
// theme, sizes on the language: each once is enough). The pages are those that have a page.ts.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { violations } from './axe.ts'
import { csrf } from './login.ts'
import { expect, test } from './viewer.ts'

const dir = join(import.meta.dirname, '../src/pages')
const paths = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap((entry) => {
  try {
    const text = readFileSync(join(dir, entry.name, 'page.ts'), 'utf8')
    const path = /\bpath: '([^']*)'/.exec(text)?.[1]
    return path === undefined ? [] : [{ path, search: /\bsearch: true/.test(text) }]
  } catch {
    return [] // a folder without a page of its own, as the log-in
  }
})
/** Parts of pages that are at addresses of their own. */
const FORMS = ['spigraph?spiGraphType=pie', 'spigraph?spiGraphType=table', 'spigraph?spiGraphType=treemap&subFields=ip.dst&size=5', 'connections?as=nodes'].map((form) => `${form}&date=-1`)
const PARTS = [...FORMS, 'hunt?date=-1&new=1', 'help?tab=fields', 'help?tab=keys', 'help?tab=trouble', 'users?kind=roles', ...['theme', 'security', 'layouts', 'views', 'lists', 'queries', 'notifiers'].map((section) => `settings?section=${section}`), 'settings?userId=nobody-of-this-name']

for (const [theme, locale] of [['light', 'en'], ['dark', 'zh']] as const) {
  test(`axe: ${theme}, ${locale}`, async ({ viewer, page }) => {
    expect(viewer).toBeTruthy()
    test.setTimeout(600_000)
    expect(paths.length).toBeGreaterThan(5)
    await page.request.post('/api/user/settings', { headers: await csrf(page.request), data: { viewer: { preferences: { theme, locale, zone: 'local' } } } })
    await page.addInitScript((text) => localStorage.setItem('hindsight.preferences', text), JSON.stringify({ theme, locale, zone: 'local' }))
    for (const address of [...paths.map((one) => (one.search ? `${one.path}?date=-1` : one.path)), ...PARTS]) {
      await page.goto(`/${address}`)
      await expect(page.locator('main h1, main [data-testid]').first()).toBeVisible()
      await page.waitForTimeout(400)
      await page.waitForFunction(() => document.querySelector('main [aria-busy="true"]') === null, undefined, { timeout: 20_000 })
      expect.soft(await violations(page, theme === 'dark'), `${address} (${theme}, ${locale})`).toEqual([])
    }
  })
}
