// Every page without a violation of WCAG 2.2 A and AA that axe can find, in both languages and both themes. The pages are those that have a page.ts.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
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
const PARTS = ['hunt?date=-1&new=1', 'help?tab=fields', 'help?tab=keys', 'users?kind=roles', ...['security', 'layouts', 'views', 'lists', 'queries', 'notifiers'].map((section) => `settings?section=${section}`)]
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

for (const [theme, locale] of [['light', 'en'], ['dark', 'zh'], ['light', 'zh'], ['dark', 'en']] as const) {
  test(`axe: ${theme}, ${locale}`, async ({ viewer, page }) => {
    expect(viewer).toBeTruthy()
    test.setTimeout(300_000)
    expect(paths.length).toBeGreaterThan(5)
    await page.request.post('/api/user/settings', { headers: await csrf(page.request), data: { viewer: { preferences: { theme, locale, zone: 'local' } } } })
    await page.addInitScript((text) => localStorage.setItem('hindsight.preferences', text), JSON.stringify({ theme, locale, zone: 'local' }))
    for (const address of [...paths.map((one) => (one.search ? `${one.path}?date=-1` : one.path)), ...PARTS]) {
      await page.goto(`/${address}`)
      await expect(page.locator('main h1, main [data-testid]').first()).toBeVisible()
      await page.waitForTimeout(700)
      await page.waitForFunction(() => document.querySelector('main [aria-busy="true"]') === null, undefined, { timeout: 20_000 })
      const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
      const told = violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`)
      expect.soft(told, `${address} (${theme}, ${locale})`).toEqual([])
    }
  })
}
