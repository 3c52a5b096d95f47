import { expect, test } from './viewer.ts'

test('a hunt is made from the search, finds, and leads to the packets', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await page.goto('/hunt?date=-1&expression=protocols%20%3D%3D%20http')
  await page.getByTestId('hunt-new').click()
  await expect(page.getByTestId('hunt-estimate')).toHaveAttribute('aria-busy', 'false')
  await expect(page.getByTestId('hunt-create')).toBeDisabled()
  await page.getByTestId('hunt-search').fill('http/1.')
  const name = `e2e ${Date.now()}`
  await page.getByTestId('hunt-name').fill(name)
  await page.getByTestId('hunt-create').click()
  const card = page.getByTestId('hunt').filter({ hasText: name })
  await expect(card.getByTestId('hunt-status')).toHaveText('done', { timeout: 30_000 })
  await expect(card.getByTestId('hunt-progress')).toContainText('100 %')
  await card.getByRole('button', { name: `Details of ${name}` }).click()
  await expect(page).toHaveURL(/hunt=/)
  await expect(card.getByTestId('hunt-results').locator('mark').first()).toHaveText(/http\/1\./i)
  await card.getByTestId('hunt-results').getByRole('link').first().click()
  await expect(page).toHaveURL(/pane=packets.*&at=\d+(:|%3A)\d+/)
  // the packet it was found in is gone to, and the bytes are marked
  await expect(page.getByTestId('packets').locator('.here')).toBeInViewport()
  await expect(page.getByTestId('packets').locator('pre[data-placed]').first()).toContainText(/http\/1\./i)
  await viewer.settled()
  expect(await viewer.count()).toBeGreaterThan(0)
  // the sessions it was found in say so in the list
  await viewer.open(`date=-1&expression=${encodeURIComponent(`huntName == "${name}"`)}`)
  expect(await viewer.count()).toBeGreaterThan(0)
  await expect(viewer.rows.first().locator('.hunted')).toContainText(name)
  await page.goto('/hunt?date=-1')
  await card.getByRole('button', { name: 'Delete' }).click()
  await page.getByTestId('confirm').click()
  await expect(card).toHaveCount(0)
})

test('what cannot be searched is said before it is sent', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await page.goto('/hunt?date=-1&new=1')
  await page.getByTestId('hunt-name').fill('x')
  await page.getByRole('button', { name: 'Hex', exact: true }).click()
  await page.getByTestId('hunt-search').fill('abc')
  await expect(page.getByText('Hex is pairs')).toBeVisible()
  await expect(page.getByTestId('hunt-create')).toBeDisabled()
})
