import { csrf } from './login.ts'
import { expect, test } from './viewer.ts'

const board = (page: import('@playwright/test').Page) => page.getByTestId('board')

test.beforeEach(async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await page.request.post('/api/user/state/overview', { headers: await csrf(page.request), data: {} })
})

test('totals, curves and lists, each a way into the sessions', async ({ viewer, page }) => {
  await page.goto('/?date=-1')
  await expect(page.getByTestId('total-sessions')).toContainText(/[1-9]/)
  await expect(page.getByTestId('widget-timeline').locator('canvas')).toBeVisible()
  await expect(page.getByTestId('widget-trouble').getByRole('link', { name: /Resets/ })).toBeVisible()
  const sources = page.getByRole('region', { name: 'Src IP by Bytes' })
  const first = sources.getByRole('link').first()
  const value = ((await first.locator('.name').textContent()) ?? '').trim()
  await first.click()
  await expect(page).toHaveURL((url) => url.pathname === '/sessions' && url.searchParams.get('expression') === `ip.src == ${value}` && url.searchParams.get('date') === '-1')
  await viewer.settled()
  expect(await viewer.count()).toBeGreaterThan(0)
})

test('the search goes along, and an error of it is said', async ({ page }) => {
  await page.goto('/overview?date=-1&expression=protocols%20%3D%3D%20dns')
  await expect(page.getByTestId('total-sessions')).toContainText(/[1-9]/)
  await page.getByRole('link', { name: 'Sessions', exact: true }).click()
  await expect(page).toHaveURL((url) => url.pathname === '/sessions' && url.searchParams.get('expression') === 'protocols == dns')
  await page.goto('/overview?date=-1&expression=nosuch%20%3D%3D%201')
  await expect(page.getByRole('heading', { name: 'The expression is not understood' })).toBeVisible()
})

test('widgets are added, moved by keys, sized, set and removed, and stay so', async ({ page }) => {
  await page.goto('/overview?date=-1')
  await page.getByTestId('edit').click()
  await page.getByTestId('add-widget').click()
  await page.locator('[data-kind="top"]').click()
  const last = board(page).locator('> section').last()
  await expect(last.getByRole('heading')).toHaveText('Dst IP by Bytes')
  await last.getByTestId('widget-settings').click()
  await page.getByTestId('field-picker').click()
  await page.getByPlaceholder(/Find among/).fill('http.statuscode')
  await page.keyboard.press('Enter')
  await expect(last.getByRole('heading')).toHaveText('Status Code by Bytes')
  await page.keyboard.press('Escape')
  await last.getByLabel(/^Width of/).selectOption('xl')
  const count = await board(page).locator('> section').count()
  const grip = last.locator('.grip')
  await grip.focus()
  await page.keyboard.press('ArrowLeft')
  await expect(board(page).locator('> section').nth(count - 2).getByRole('heading')).toHaveText('Status Code by Bytes')
  await Promise.all([page.waitForResponse((answer) => answer.url().includes('/api/user/state/overview') && answer.request().method() === 'POST'), board(page).locator('> section').first().getByRole('button', { name: /^Remove/ }).click()])
  await page.evaluate(() => localStorage.removeItem('hindsight.overview'))
  await page.reload()
  await expect(board(page).locator('> section')).toHaveCount(count - 1)
  const kept = board(page).locator('> section').nth(count - 3)
  await expect(kept.getByRole('heading')).toHaveText('Status Code by Bytes')
  await expect(kept).toHaveClass(/xl/)
})

test('a change against the window before', async ({ page }) => {
  const found = (await (await page.request.get('/api/sessions?date=-1&length=1&order=firstPacket:desc&expression=protocols%20%3D%3D%20http')).json()) as { data: { firstPacket: number }[] }
  const at = Math.floor((found.data[0]?.firstPacket ?? 0) / 1000)
  await page.goto(`/overview?startTime=${at - 60}&stopTime=${at + 60}`)
  await expect(page.getByTestId('widget-totals')).toContainText('against the window before')
  await expect(page.getByTestId('total-sessions')).toContainText(/[+−×]|new|unchanged/)
})

test('on paper: a title, the range, no buttons, several pages at most', async ({ page }) => {
  await page.goto('/overview?date=-1&expression=protocols%20%3D%3D%20http')
  await expect(page.getByTestId('total-sessions')).toContainText(/[1-9]/)
  await page.emulateMedia({ media: 'print' })
  await expect(page.getByRole('heading', { name: 'Network traffic report' })).toBeVisible()
  await expect(page.locator('.report')).toContainText('protocols == http')
  await expect(page.getByTestId('edit')).toBeHidden()
  await expect(page.getByRole('navigation')).toBeHidden()
  const pdf = await page.pdf({ format: 'A4', printBackground: true })
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
  expect(pages).toBeGreaterThan(0)
  expect(pages).toBeLessThanOrEqual(5)
})
