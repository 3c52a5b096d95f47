// A theme of one's own: chosen, worn at once, checked, shared, kept with the account.

import type { Page } from '@playwright/test'
import { expect, test } from './viewer.ts'

const token = (page: Page, name: string): Promise<string> => page.evaluate((of) => {
  const probe = document.createElement('span')
  probe.style.color = `var(--${of})`
  document.body.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  // what the browser mixes it says as fractions
  const mixed = /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)\)$/.exec(colour)
  return mixed ? `rgb(${mixed.slice(1).map((part) => Math.round(Number(part) * 255)).join(', ')})` : colour
}, name)
const rgb = (hex: string): string => `rgb(${[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(', ')})`
async function stored(page: Page): Promise<{ theme?: string; own?: { base: string; colours: Record<string, string> } }> {
  const settings = (await (await page.request.get('/api/user/settings')).json()) as { viewer?: { preferences?: object } }
  return settings.viewer?.preferences ?? {}
}

test('colours are chosen, worn at once, checked for contrast, and stay with the account', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await page.goto('/settings?section=theme')
  const contrast = page.getByTestId('contrast')
  await expect(contrast).toContainText('Every text and mark can be read')
  const row = (name: string) => page.locator(`[data-token="${name}"]`)

  // typed with the keyboard alone
  await row('surface').getByRole('textbox', { name: '#rrggbb' }).fill('#102a43')
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('use-own')).toBeChecked()
  expect(await token(page, 'surface')).toBe(rgb('#102a43'))
  // dark text on a dark card: said so, with the ratio
  await expect(contrast).toContainText('hard to read')
  await expect(contrast.getByRole('listitem').filter({ hasText: /^AaText on Card/ })).toContainText('needed 4.5:1')
  await page.getByRole('group', { name: 'Based on' }).getByRole('button', { name: 'Dark' }).click()
  await expect(contrast.getByRole('listitem').filter({ hasText: /^AaText on Card/ })).toHaveCount(0)

  // picked
  await row('accent').locator('input[type=color]').fill('#ffd166')
  expect(await token(page, 'accent')).toBe(rgb('#ffd166'))
  expect(await token(page, 'on-accent')).toBe('rgb(0, 0, 0)')
  // what the page mixes is what the preview and the check work out
  await page.getByText('More colours').click()
  for (const name of ['hover', 'accent-soft', 'line']) expect(await token(page, name), name).toBe(rgb(await row(name).locator('input[type=color]').inputValue()))
  await expect(page.getByTestId('theme-preview')).toHaveCSS('background-color', rgb(await row('bg').locator('input[type=color]').inputValue()))

  await expect.poll(async () => (await stored(page)).own?.colours.accent).toBe('#ffd166')
  expect((await stored(page)).theme).toBe('own')
  // another browser of the same user
  await page.evaluate(() => localStorage.clear())
  await page.goto('/sessions?date=-1')
  await expect.poll(() => token(page, 'accent')).toBe(rgb('#ffd166'))
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
  // on paper nothing of it is left
  await page.emulateMedia({ media: 'print' })
  expect(await token(page, 'surface')).toBe('rgb(255, 255, 255)')
  await page.emulateMedia({ media: 'screen' })
})

test('a theme goes from one to another as text, and is reset', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await page.goto('/settings?section=theme')
  await page.getByTestId('theme-import').click()
  const text = page.getByTestId('theme-text')
  await text.fill('hindsight:dark;bg=blue')
  await expect(page.getByRole('alert')).toContainText('bg=blue')
  await expect(page.getByTestId('theme-take')).toBeDisabled()
  await text.fill('hindsight:dark;bg=#002b36;surface=#073642;text=#eee8d5')
  await page.getByTestId('theme-take').click()
  await expect.poll(() => token(page, 'bg')).toBe(rgb('#002b36'))
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByTestId('theme-copy').click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('hindsight:dark;bg=#002b36;surface=#073642;text=#eee8d5')
  await page.getByTestId('theme-reset').click()
  await page.getByTestId('confirm').click()
  await expect.poll(() => token(page, 'bg')).toBe('rgb(13, 16, 20)')
  await expect.poll(async () => (await stored(page)).own).toEqual({ base: 'dark', colours: {} })
})
