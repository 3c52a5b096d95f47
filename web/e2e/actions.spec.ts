import { csrf } from './login.ts'
import { expect, test } from './viewer.ts'

test('sessions are picked, looked at one after the other, and closed at once', async ({ viewer, page }) => {
  await viewer.open()
  await viewer.rows.nth(0).getByRole('checkbox').click()
  await viewer.rows.nth(2).getByRole('checkbox').click({ modifiers: ['Shift'] })
  await expect(page).toHaveURL((url) => url.searchParams.get('picked')?.split(',').length === 3)
  await expect(page.getByTestId('bulk')).toContainText('3')
  await page.getByTestId('open-all').click()
  const strip = page.getByTestId('picked')
  await expect(strip).toContainText(/1 of \d+/)
  const first = new URL(page.url()).searchParams.get('open')
  await strip.getByRole('button', { name: 'Next picked session' }).click()
  await expect(page).toHaveURL((url) => url.searchParams.get('open') !== first)
  await page.getByTestId('close-all').click()
  await expect(viewer.detail).toBeHidden()
  await expect(page).not.toHaveURL(/picked=/)
})

test('the picked ones alone are exported', async ({ viewer, page }) => {
  await viewer.open('date=-1&expression=protocols%20%3D%3D%20http')
  await viewer.rows.nth(0).getByRole('checkbox').click()
  await viewer.rows.nth(1).getByRole('checkbox').click()
  await page.getByTestId('bulk').click()
  await page.getByRole('menuitem', { name: 'Download csv' }).click()
  await expect(page.getByTestId('export-check').locator('dd').first()).toHaveText('2')
  await page.getByTestId('export-dialog').getByRole('button', { name: /^All that match/ }).click()
  await expect(page.getByTestId('export-check').locator('dd').first()).not.toHaveText('2')
})

test('tags are added to what matches, and can be searched for', async ({ viewer, page }) => {
  const tag = `evening-${Date.now().toString(36)}`
  await viewer.open('date=-1&expression=protocols%20%3D%3D%20dns')
  const n = await viewer.count()
  await page.getByTestId('bulk').click()
  await page.getByTestId('bulk-addTags').click()
  await page.getByTestId('action-dialog').getByLabel('Tags').fill(tag)
  await page.getByTestId('do-action').click()
  await expect(page.getByTestId('action-dialog')).toBeHidden()
  await viewer.search(`tags == ${tag}`)
  await expect.poll(() => viewer.count()).toBe(n)
})

test('values and combinations are looked at before they are downloaded', async ({ viewer, page }) => {
  await viewer.open('date=-1&expression=protocols%20%3D%3D%20http')
  await page.getByTestId('bulk').click()
  await page.getByTestId('bulk-unique').click()
  const dialog = page.getByTestId('unique-dialog')
  await expect(dialog.locator('pre')).toContainText(/^\S+, \S+, \d+$/m)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('unique-download').click()])
  expect(download.suggestedFilename()).toBe('values.txt')
})

test('a view is kept, narrows every page, and is dropped', async ({ viewer, page }) => {
  const name = `dns only ${Date.now().toString(36)}`
  await viewer.open('date=-1&expression=protocols%20%3D%3D%20dns')
  const n = await viewer.count()
  await page.getByTestId('views').click()
  await page.getByPlaceholder('Name', { exact: true }).fill(name)
  await page.getByRole('button', { name: 'Keep', exact: true }).click()
  await page.getByRole('button', { name: `Search within ${name}` }).click()
  await expect(page).toHaveURL(/viewId=/)
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect(page).not.toHaveURL(/expression=/)
  await viewer.settled()
  expect(await viewer.count()).toBe(n)
  await page.getByRole('link', { name: 'Overview' }).click()
  await expect(page).toHaveURL(/overview\?.*viewId=/)
  await expect(page.getByTestId('total-sessions')).toContainText(String(n))
  await page.getByTestId('views').click()
  await page.getByRole('button', { name: `Delete ${name}` }).click()
  await expect(page).not.toHaveURL(/viewId=/)
})

test('a layout of columns is kept and used again', async ({ viewer, page }) => {
  const name = `narrow ${Date.now().toString(36)}`
  await viewer.open('date=-1&cols=firstPacket,source,http.uri&order=network.bytes%3Adesc')
  await page.getByTestId('columns').click()
  await page.getByPlaceholder('Name of the layout').fill(name)
  await page.getByRole('button', { name: 'Keep', exact: true }).click()
  await page.getByRole('button', { name: 'Reset' }).click()
  await expect(page).not.toHaveURL(/cols=/)
  await page.getByRole('button', { name: `Use ${name}` }).click()
  await expect.poll(() => viewer.columns()).toEqual(['firstPacket', 'source', 'http.uri'])
  await page.getByRole('button', { name: `Delete ${name}` }).click()
  await expect(page.getByRole('button', { name: `Use ${name}` })).toHaveCount(0)
})

test('several keys to sort by, chosen without a mouse on the heads', async ({ viewer, page }) => {
  await viewer.open()
  await page.getByTestId('sort').click()
  await page.getByTestId('field-picker').click()
  await page.getByPlaceholder(/Find among/).fill('port.dst')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL((url) => url.searchParams.get('order') === 'firstPacket:desc,destination.port:desc')
  await page.getByRole('button', { name: 'Sort by Dst Port earlier' }).click()
  await expect(page).toHaveURL((url) => url.searchParams.get('order') === 'destination.port:desc,firstPacket:desc')
})

test('lists of values are completed by their name', async ({ viewer, page }) => {
  const name = `e2e_${Date.now().toString(36)}`
  const made = await page.request.post('/api/shortcut', { headers: await csrf(page.request), data: { name, type: 'ip', value: '10.0.0.1,10.77.0.1' } })
  expect(made.ok(), await made.text()).toBe(true)
  await viewer.open()
  await viewer.expression.click()
  await page.keyboard.type('ip.src == $e2e', { delay: 40 })
  await expect(page.getByTestId('expression').locator('.cm-tooltip-autocomplete li').filter({ hasText: name }).first()).toBeVisible()
})
