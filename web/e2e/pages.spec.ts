import { csrf } from './login.ts'
import { expect, test } from './viewer.ts'

test('language and theme switch at once and stay', async ({ viewer, page }) => {
  await viewer.open()
  await page.getByTestId('account').click()
  await page.getByTestId('toggle-language').click()
  await expect(page.getByRole('link', { name: '会话' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  const light = await page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor)
  await page.getByTestId('account').click()
  await page.getByTestId('toggle-theme').click()
  await expect.poll(() => page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor)).not.toBe(light)
  await page.reload()
  await expect(page.getByRole('link', { name: '会话' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('a time zone changes how times read', async ({ viewer, page }) => {
  await viewer.open()
  const shown = await viewer.rows.first().locator('[role=gridcell]').nth(1).textContent()
  await page.goto('/settings')
  await page.getByTestId('zone').selectOption('UTC')
  await viewer.open()
  const utc = await viewer.rows.first().locator('[role=gridcell]').nth(1).textContent()
  expect(Date.parse(`${shown} +0800`)).toBe(Date.parse(`${utc} +0000`))
})

test('everything is in the URL', async ({ viewer, page }) => {
  const url = '/sessions?date=-1&expression=protocols%20%3D%3D%20http&order=network.bytes%3Aasc&cols=firstPacket,source,http.uri&graphType=packets'
  await page.goto(url)
  await viewer.settled()
  expect(await viewer.columns()).toEqual(['firstPacket', 'source', 'http.uri'])
  await expect(viewer.expression).toHaveText('protocols == http')
  await expect(page.getByRole('button', { name: 'Packets', exact: true }).first()).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByTestId('time')).toContainText('All time')
})

test('files: sorted, filtered, with a way to their sessions', async ({ viewer, page }) => {
  await page.goto('/files')
  const table = page.getByTestId('files')
  await expect(table.getByRole('row').nth(1)).toBeVisible()
  await table.getByRole('button', { name: 'Packets', exact: true }).click()
  await expect(page).toHaveURL(/sort=packets/)
  await page.getByPlaceholder('Filter by name').fill('nginx-curl')
  await expect(page).toHaveURL(/filter=nginx-curl/)
  await expect(table.getByRole('row')).toHaveCount(2)
  await table.getByRole('link', { name: 'Sessions' }).click()
  await viewer.settled()
  expect(await viewer.count()).toBeGreaterThan(0)
})

test('help: every example is understood by this server, fields are found', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  let checked = 0
  page.on('response', (response) => response.url().includes('/api/validate') && checked++)
  await page.goto('/help')
  // examples are asked for when they come into view
  for (const section of await page.locator('.reference .part').all()) {
    await section.scrollIntoViewIfNeeded()
    await expect(section.getByTestId('example').first()).toBeVisible()
    await expect(section.getByText('…', { exact: true })).toHaveCount(0, { timeout: 30_000 })
    await expect(section.locator('p.bad')).toHaveCount(0)
  }
  expect(checked).toBeGreaterThan(40)
  const example = page.getByTestId('example').filter({ hasText: 'protocols == http && port.dst != 80' })
  await example.click()
  await expect(page.getByTestId('try')).toHaveValue('protocols == http && port.dst != 80')
  await expect(page.getByTestId('try-count')).toContainText(/Finds \d+ session/)
  await page.getByTestId('try').fill('ip.src == 999.1')
  await expect(page.locator('.try .bad')).toBeVisible()
  await page.getByRole('button', { name: 'Troubleshooting' }).click()
  // every mistake is one for this server, and what was meant is none
  for (const mistake of await page.getByTestId('mistake').all()) await expect(mistake.locator('.said')).not.toHaveText('…', { timeout: 30_000 })
  await page.getByRole('button', { name: 'Fields' }).click()
  await page.getByTestId('field-filter').fill('http.uri')
  await expect(page.locator('tbody tr').first()).toContainText('http.uri')
})

test('help texts of all fields are Chinese where Chinese is spoken, and found by either language', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await page.request.post('/api/user/settings', { headers: await csrf(page.request), data: { viewer: { preferences: { locale: 'zh' } } } })
  await page.addInitScript(() => localStorage.setItem('hindsight.preferences', JSON.stringify({ locale: 'zh' })))
  const fields = (await (await page.request.get('/api/fields?array=true')).json()) as { group: string }[]
  const groups = [...new Set(fields.map((field) => field.group))]
  expect(groups.length).toBeGreaterThan(20)
  for (const group of groups) {
    await page.goto(`/help?tab=fields&group=${group}`)
    await expect(page.locator('tbody tr').first()).toBeVisible()
    const texts = await page.locator('tbody td:nth-child(4)').allTextContents()
    expect(texts.filter((text) => !/[\u4e00-\u9fff].*。$/s.test(text)), group).toEqual([])
  }
  await page.goto('/help?tab=fields')
  for (const words of ['握手时间', 'share of the handshake']) {
    await page.getByTestId('field-filter').fill(words)
    await expect(page.locator('tbody tr').filter({ hasText: 'perf.tcp.handshake' }).first()).toBeVisible()
  }
})

test('shortcuts dialog, and no page has two main landmarks or an unnamed control', async ({ viewer, page }) => {
  await viewer.open()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await page.keyboard.press('Escape')
  for (const path of ['/sessions?date=-1', '/files', '/stats?live=0', '/help', '/settings']) {
    await page.goto(path)
    await page.waitForLoadState('networkidle')
    await expect(page.locator('main')).toHaveCount(1)
    const unnamed = await page.locator('button, a[href], input:not([type=file])').evaluateAll((all) =>
      all.filter((one) => {
        const el = one as HTMLInputElement
        if (el.offsetParent === null || el.getAttribute('aria-hidden') === 'true') return false
        return !(el.textContent?.trim() || el.getAttribute('aria-label') || el.title || el.labels?.length || el.getAttribute('placeholder'))
      }).map((one) => one.outerHTML.slice(0, 120)))
    expect(unnamed, path).toEqual([])
  }
})
