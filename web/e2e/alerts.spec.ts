import { readFileSync } from 'node:fs'
import { violations } from './axe.ts'
import { capture } from './captures.ts'
import { importCapture } from './importing.ts'
import { expect, test } from './viewer.ts'

/** Another half hour for each capture of this file: microseconds are keys, and captures that are the same are known. */
const now = Date.now() - 60_000
const HOSTILE = '<img src=x onerror=alert(1)>\u202e'
const ATTACK = 'GET /shop.php?id=1+union+select+1,2&name=a%20b HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: probe/1.0\r\n\r\n'
const hostile = `GET /page.php?x=1+union+select+3 HTTP/1.1\r\nHost: ${HOSTILE}\r\n\r\n`

const attacks = () => capture([
  { port: 80, said: [['c', ATTACK], ['s', 'HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\nContent-Length: 2\r\n\r\nok']] },
  { port: 8080, said: [['c', hostile], ['s', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n']] },
], now)

test.beforeEach(async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await importCapture(page.request, 'attacks.pcap', attacks())
})

const rows = (page: import('@playwright/test').Page) => page.getByTestId('alerts').locator('tbody tr')

test('alerts of a search: filters by a click, the way into the sessions, files', async ({ viewer, page }) => {
  await page.goto('/alerts?date=-1&expression=ip%20%3D%3D%2010.66.0.1')
  const union = rows(page).filter({ hasText: 'UNION SELECT' })
  await expect(union).toHaveCount(2)
  await expect(union.first()).toContainText('Critical')
  await expect(union.first()).toContainText('10.66.0.1')
  await expect(union.first()).toContainText('active')
  await expect(page.getByTestId('alerts-summary').locator('canvas')).toBeVisible()

  await page.getByTestId('alerts-summary').getByRole('region', { name: 'Type' }).getByRole('button', { name: /SQL/ }).click()
  await expect(page).toHaveURL(/type=SQL/)
  await page.getByRole('button', { name: 'Remove the filter Type: SQL' }).click()
  await expect(page).not.toHaveURL(/type=/)

  const [csv] = await Promise.all([page.waitForEvent('download'), (async () => {
    await page.getByTestId('export-alerts').click()
    await page.getByTestId('alerts-csv').click()
  })()])
  const text = readFileSync(await csv.path(), 'utf8')
  expect(text.split('\r\n')[0]).toContain('attacker')
  expect(text).toContain('UNION SELECT')
  const [file] = await Promise.all([page.waitForEvent('download'), (async () => {
    await page.getByTestId('export-alerts').click()
    await page.getByTestId('alerts-json').click()
  })()])
  const list = JSON.parse(readFileSync(await file.path(), 'utf8')) as { name: string }[]
  expect(list.filter((one) => one.name === 'UNION SELECT')).toHaveLength(2)

  await page.getByTestId('to-sessions').click()
  await expect(page).toHaveURL((url) => url.pathname === '/sessions' && (url.searchParams.get('expression') ?? '').includes('evidence.category == [threat, rule]'))
  await viewer.settled()
  expect(await viewer.count()).toBeGreaterThan(1)
})

test('one alert: who, whom, the packet with what matched, its bytes, the pcap, the session', async ({ page }) => {
  await page.goto('/alerts?date=-1&victim=10.66.0.2&name=UNION%20SELECT')
  await rows(page).filter({ has: page.getByRole('button', { name: '10.66.0.2:80', exact: true }) }).getByRole('link').click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('UNION SELECT')
  await expect(page.getByTestId('attacker')).toContainText('10.66.0.1')
  await expect(page.getByTestId('victim')).toContainText('Nginx 1.18.0')
  await expect(page.getByTestId('alert')).toContainText('10.66.0.1:>10.66.0.2:80 TCP sql union select')

  const packet = page.getByTestId('evidence-packet').first()
  await expect(packet).toContainText('10.66.0.2:80')
  await expect(packet.getByTestId('evidence-headers')).toContainText('shop.example')
  await expect(packet.getByTestId('evidence-params')).toContainText('a b')
  await expect(packet.getByTestId('evidence-http').locator('mark').first()).toHaveText(/union\+select/i)
  await packet.getByRole('button', { name: 'Hex' }).click()
  await expect(packet.getByTestId('evidence-hex').locator('mark').first()).toContainText('75 6e')
  await packet.getByRole('button', { name: 'Fields' }).click()
  await expect(packet.getByTestId('packet-tree').getByRole('treeitem', { name: /Transmission Control Protocol/ })).toBeVisible()
  await packet.getByRole('button', { name: 'Text', exact: true }).click()
  await expect(packet.getByTestId('evidence-text').locator('mark')).toHaveText(/union\+select/)

  const [download] = await Promise.all([page.waitForEvent('download'), packet.getByTestId('evidence-download').click()])
  const pcap = readFileSync(await download.path())
  expect(pcap.subarray(0, 4).toString('hex')).toBe('d4c3b2a1')
  expect(pcap.includes('union+select')).toBe(true)
  expect(await violations(page)).toEqual([])

  await page.getByTestId('hit-session').first().click()
  await expect(page).toHaveURL((url) => url.pathname === '/sessions' && url.searchParams.get('open') !== null)
  await expect(page.getByTestId('detail')).toContainText('shop.php')
})

test('a state and its comment, of one alert and of several, by mouse and keys', async ({ page }) => {
  await page.goto('/alerts?date=-1&name=UNION%20SELECT&victim=10.66.0.2')
  await expect(rows(page)).toHaveCount(2)
  await page.keyboard.press('j')
  await page.keyboard.press('s')
  await page.getByTestId('status-form').getByRole('button', { name: 'Confirmed' }).click()
  await page.getByTestId('status-comment').fill('a scan of ours?')
  await page.getByTestId('status-save').click()
  await expect(rows(page).first()).toContainText('Confirmed')
  await expect(rows(page).first()).toContainText('a scan of ours?')

  await page.getByTestId('pick-all').check()
  await page.getByTestId('bulk-status').click()
  await page.getByTestId('status-form').getByRole('button', { name: 'Processed', exact: true }).click()
  await page.getByTestId('status-save').click()
  await expect(rows(page).filter({ hasText: 'Processed' })).toHaveCount(2)
  await expect(rows(page).first()).toContainText('a scan of ours?')
  await page.getByTestId('which').getByRole('button', { name: 'Unprocessed' }).click()
  await expect(page.getByRole('heading', { name: 'No alert passes the filters' })).toBeVisible()

  // and it is told who said so
  await page.goto('/alerts?date=-1&name=UNION%20SELECT&victim=10.66.0.2')
  await expect(rows(page)).toHaveCount(2)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('alert-status')).toContainText(/Processed[\s\S]*admin/)
  await page.getByTestId('set-status').click()
  await page.getByTestId('status-form').getByRole('button', { name: 'Unprocessed' }).click()
  await page.getByTestId('status-save').click()
  await expect(page.getByTestId('alert-status')).toContainText('Unprocessed')
})

test('what a packet says is text, whatever it says', async ({ page }) => {
  await page.goto('/alerts?date=-1&name=UNION%20SELECT&victim=10.66.0.2')
  await rows(page).filter({ hasText: ':8080' }).getByRole('link').click()
  const headers = page.getByTestId('evidence-headers').first()
  await expect(headers).toContainText('<img src=x onerror=alert(1)>')
  expect(await headers.textContent()).not.toContain('\u202e')
  await expect(page.getByTestId('evidence-packet').first().locator('img')).toHaveCount(0)
})

test('a packet is found by its microsecond, from anywhere', async ({ page }) => {
  const list = (await (await page.request.get('/api/alerts?date=-1&name=UNION%20SELECT&victim=10.66.0.2')).json()) as { data: { last: number }[] }
  const time = list.data[0]?.last ?? 0
  await page.goto('/files')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('Control+k')
  await page.getByTestId('palette').getByRole('combobox').fill('look up a packet')
  await page.keyboard.press('Enter')
  await page.getByTestId('lookup-time').fill('yesterday or so')
  await expect(page.getByTestId('lookup-find')).toBeDisabled()
  await page.getByTestId('lookup-time').fill(String(time))
  await page.getByTestId('lookup-find').click()
  await expect(page.getByTestId('evidence-packet').first()).toContainText('10.66.0.1')
  await page.getByText('As the evidence API answers it').click()
  const raw = JSON.parse((await page.getByTestId('lookup-raw').textContent()) ?? '[]') as object[]
  expect(Object.keys(raw[0] ?? {})).toEqual(['devid', 'time_sec', 'time_usec', 'caplen', 'pktlen', 'smac', 'dmac', 'sip', 'sport', 'dip', 'dport', 'protocol', 'payload', 'pkthdr', 'packet'])
  expect(await violations(page)).toEqual([])
  await page.getByTestId('lookup-time').fill(String(time + 1))
  await page.getByTestId('lookup-find').click()
  await expect(page.getByTestId('evidence-none')).toContainText('No packet of this microsecond')
})

test('a range without alerts, an alert of another time, an expression that is wrong', async ({ page }) => {
  await page.goto('/alerts?startTime=100000&stopTime=200000')
  await expect(page.getByRole('heading', { name: 'No rule was hit in this range' })).toBeVisible()
  await page.goto('/alerts?startTime=100000&stopTime=200000&alert=0123456789abcdef-1687074364968817')
  await expect(page.getByRole('heading', { name: 'This alert is not in this range' })).toBeVisible()
  await page.getByRole('button', { name: 'Search all time' }).click()
  await expect(page).toHaveURL(/date=-1/)
  await page.goto('/alerts?date=-1&expression=nosuch%20%3D%3D%201')
  await expect(page.getByRole('heading', { name: 'The expression is not understood' })).toBeVisible()
})

test('one moment of alerts is a bar among empty time, and no area', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await page.goto('/alerts?date=-1&expression=ip%20%3D%3D%2010.66.0.1')
  const canvas = page.getByTestId('alerts-summary').locator('canvas').first()
  await expect(canvas).toBeVisible()
  /** Share of the columns of pixels that a bar stands in. */
  const filled = () => canvas.evaluate((of: HTMLCanvasElement) => {
    const probe = document.createElement('span')
    probe.style.color = 'var(--accent)'
    document.body.append(probe)
    const [r = 0, g = 0, b = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number)
    probe.remove()
    const { width, height } = of
    const pixels = of.getContext('2d')?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray()
    let columns = 0
    for (let x = 0; x < width; x++) for (let y = 0; y < height; y++) {
      const at = (y * width + x) * 4
      if (Math.abs((pixels[at] ?? 0) - r) + Math.abs((pixels[at + 1] ?? 0) - g) + Math.abs((pixels[at + 2] ?? 0) - b) < 12 && (pixels[at + 3] ?? 0) > 200) {
        columns++
        break
      }
    }
    return columns / width
  })
  await expect.poll(filled).toBeGreaterThan(0.0005)
  expect(await filled()).toBeLessThan(0.5)
})
