import { violations } from './axe.ts'
import { expect, test } from './viewer.ts'

test('statistics say how the store of sessions is', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  const answer = (await (await page.request.get('/api/sessions?date=-1&length=1')).json()) as { recordsTotal: number }
  await page.goto('/stats?date=1&live=0')
  const store = page.getByTestId('store')
  await store.scrollIntoViewIfNeeded()
  await expect(store.getByRole('heading')).toHaveText('Store of sessions')
  await expect(store).toContainText('Embedded index')
  await expect(store.locator('header .chip')).toHaveText('well')
  const figure = (name: string) => store.locator('dl > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd')
  await expect(figure('Sessions')).toHaveText(answer.recordsTotal.toLocaleString('en-US'))
  await expect(figure('On disk')).toHaveText(/^[1-9][\d.]* (B|KiB|MiB|GiB)$/)
  await expect(figure('Free')).toHaveText(/ \(\d+ %\)$/)
  await expect(figure('Written by')).not.toHaveText('')
  expect(await violations(page)).toEqual([])
})
