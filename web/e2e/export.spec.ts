import { readFileSync } from 'node:fs'
import { expect, test } from './viewer.ts'

test('export is counted first, then downloads a capture', async ({ viewer, page }) => {
  await viewer.open('date=-1&expression=protocols%20%3D%3D%20http')
  const n = await viewer.count()
  await page.getByTestId('export').click()
  const check = page.getByTestId('export-check')
  await expect(check).toContainText(/Packets/)
  await expect(check.locator('dd').first()).toHaveText(String(n))
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download').click()])
  const path = await download.path()
  const magic = readFileSync(path).subarray(0, 4).toString('hex')
  expect(['d4c3b2a1', '4d3cb2a1', 'a1b2c3d4', 'a1b23c4d']).toContain(magic)
  expect(download.suggestedFilename()).toMatch(/\.pcap$/)
})

test('a packet filter narrows the export; a wrong one is said', async ({ viewer, page }) => {
  await viewer.open('date=-1')
  await page.getByTestId('export').click()
  const check = page.getByTestId('export-check')
  const packets = async (): Promise<number> => Number(((await check.locator('dd').nth(1).textContent()) ?? '').replaceAll(',', ''))
  await expect.poll(packets).toBeGreaterThan(10)
  const all = await packets()
  await page.getByLabel('Packet filter (BPF)').fill('udp port 53')
  await expect.poll(async () => (await packets()) < all || ((await check.textContent()) ?? '').includes('at most')).toBe(true)
  await page.getByTestId('export-dialog').getByRole('button', { name: 'pcapng', exact: true }).click()
  await expect(page.getByTestId('download')).toHaveAttribute('aria-disabled', 'false')
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download').click()])
  const filtered = readFileSync(await download.path())
  expect(filtered.length).toBeGreaterThan(100)
  expect(filtered.includes('HTTP/1.1 200')).toBe(false) // only DNS is in it
  await page.getByTestId('export').click()
  await page.getByLabel('Packet filter (BPF)').fill('tcp prt 80')
  await expect(check.getByRole('alert')).toBeVisible()
  await expect(page.getByTestId('download')).toHaveAttribute('aria-disabled', 'true')
})

test('csv, json and pcapng', async ({ viewer, page }) => {
  await viewer.open('date=-1&expression=protocols%20%3D%3D%20dns')
  for (const [format, head] of [['csv', /,/], ['json', /^[[{]/], ['pcapng', /^\n\r\r\n/]] as const) {
    await page.getByTestId('export').click()
    await page.getByTestId('export-dialog').getByRole('button', { name: format, exact: true }).click()
    const link = page.getByTestId('download')
    await expect(link).toHaveText(new RegExp(format))
    await expect(link).toHaveAttribute('aria-disabled', 'false')
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    expect(await download.failure(), format).toBeNull()
    expect(readFileSync(await download.path()).toString('latin1')).toMatch(head)
    await expect(page.getByTestId('export-dialog')).toBeHidden()
  }
})
