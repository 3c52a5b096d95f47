import { readFileSync } from 'node:fs'
import { violations } from './axe.ts'
import { capture } from './captures.ts'
import { importCapture } from './importing.ts'
import { expect, test } from './viewer.ts'

const now = Date.now() - 120_000

test.beforeEach(async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await importCapture(page.request, 'servers.pcap', capture([
    { port: 80, said: [['c', 'GET /index.html HTTP/1.1\r\nHost: www.example\r\n\r\n'], ['s', 'HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\nContent-Length: 2\r\n\r\nok']] },
    { port: 22, said: [['s', 'SSH-2.0-OpenSSH_9.6\r\n'], ['c', 'SSH-2.0-OpenSSH_9.6\r\n']] },
  ], now))
})

test('what was seen on an address, and the packet that shows it', async ({ page }) => {
  await page.goto('/assets?date=-1&ip=10.66.0.2')
  const host = page.getByTestId('host')
  await expect(host).toHaveCount(1)
  await expect(host).toContainText('Nginx 1.18.0 :80')
  await expect(host).toContainText('OpenSSH 9.6 :22')
  await host.getByRole('button', { name: 'What was seen on 10.66.0.2' }).click()
  const nginx = page.getByTestId('asset-inner').getByTestId('asset').filter({ hasText: 'Nginx' })
  await nginx.getByRole('button', { name: 'Packet that shows Nginx on 10.66.0.2' }).click()
  await expect(page.getByTestId('evidence-packet').first()).toContainText('nginx/1.18.0')
  expect(await violations(page)).toEqual([])
})

test('the list: sorted, filtered, saved, and the way into the sessions', async ({ viewer, page }) => {
  await page.goto('/assets?date=-1&list=1&ip=10.66.0.0/16')
  const rows = page.getByTestId('asset')
  await expect(rows.first()).toBeVisible()
  await page.getByRole('button', { name: 'Name', exact: true }).click()
  await expect(page).toHaveURL(/sort=name/)
  await page.getByRole('group', { name: 'Kind' }).getByRole('button', { name: 'Middleware' }).click()
  await expect(page).toHaveURL(/category=midware/)
  await expect(rows.filter({ hasText: 'Nginx' })).toHaveCount(1)
  await expect(rows.filter({ hasText: 'HTTP' })).toHaveCount(0)

  const [csv] = await Promise.all([page.waitForEvent('download'), (async () => {
    await page.getByTestId('export-assets').click()
    await page.getByTestId('assets-csv').click()
  })()])
  const text = readFileSync(await csv.path(), 'utf8')
  expect(text).toMatch(/10\.66\.0\.2,midware,[^\r\n]*Nginx/)
  expect(text).not.toMatch(/,service,/)

  await rows.filter({ hasText: 'Nginx' }).getByRole('link', { name: 'Sessions with Nginx on 10.66.0.2' }).click()
  await expect(page).toHaveURL((url) => url.searchParams.get('expression') === 'evidence.category == midware && evidence.name == Nginx && ip == 10.66.0.2')
  await viewer.settled()
  expect(await viewer.count()).toBeGreaterThan(0)
})

test('a range in which nothing was recognised says so', async ({ page }) => {
  await page.goto('/assets?startTime=100000&stopTime=200000')
  await expect(page.getByRole('heading', { name: 'Nothing was recognised in this range' })).toBeVisible()
  await page.goto('/assets?date=-1&name=nosuch')
  await expect(page.getByRole('heading', { name: 'Nothing passes the filters' })).toBeVisible()
  await page.getByRole('button', { name: 'Remove the filters' }).first().click()
  await expect(page.getByTestId('host').first()).toBeVisible()
})
