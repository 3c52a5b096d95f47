// The user's evening: "our back office was slow last night". From that sentence to the packets, by clicks alone.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { movedTo } from './captures.ts'
import { importCapture } from './importing.ts'
import { expect, test } from './viewer.ts'

const CAPTURE = join(import.meta.dirname, '../../crates/protocols/src/http/captures/slow-application.pcap')

/** 22:00 of yesterday in Shanghai, the zone of this browser: within "last night" at any hour of today. */
function lastNight(): number {
  const day = 86_400_000
  const shanghai = 8 * 3_600_000
  return Math.floor((Date.now() + shanghai) / day) * day - shanghai - 2 * 3_600_000
}

test('slow last night: the range, the services, the sessions, the packets, the export', async ({ viewer, page }) => {
  test.setTimeout(120_000)
  await importCapture(page.request, 'back-office.pcap', movedTo(readFileSync(CAPTURE), lastNight()))

  // The first page, last night.
  await page.goto('/')
  await expect(page).toHaveURL(/\/overview/)
  await page.getByTestId('time').click()
  await page.getByRole('button', { name: 'Last night' }).click()
  await expect(page).toHaveURL(/startTime=-6h@d&stopTime=(\+|%2B)8h@d/)
  await expect(page.getByTestId('total-sessions')).toContainText(/[1-9]/)

  // What was slow stands there already.
  const slow = page.getByTestId('widget-slow').first()
  await expect(slow.getByRole('link').first()).toContainText(/\d{3}ms|\ds/)
  await expect(slow).toContainText('/app/slow')

  // Top services: the web server's port.
  const services = page.getByTestId('widget-top').filter({ has: page.getByRole('heading', { name: /Dst Port/ }) })
  await services.getByRole('link', { name: /80 http/ }).first().click()
  await expect(page).toHaveURL((url) => url.pathname === '/sessions' && url.searchParams.get('expression') === 'port.dst == 80')
  await viewer.settled()
  const all = await viewer.count()
  expect(all).toBeGreaterThan(1)

  // The slowest session first, and what it waited for.
  await page.getByTestId('sort').click()
  await page.getByTestId('field-picker').click()
  await page.getByPlaceholder(/Find among/).fill('perf.http.time')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Sort by HTTP Slowest earlier' }).click()
  await expect(page).toHaveURL((url) => url.searchParams.get('order') === 'perf.http.time:desc,firstPacket:desc')
  await page.keyboard.press('Escape')
  await viewer.settled()
  await viewer.openRow(0)
  await page.keyboard.press('2')
  await expect(page.getByTestId('transaction').first()).toContainText('/app/slow')

  // The packets.
  await page.keyboard.press('3')
  await expect(page.getByRole('tabpanel')).toContainText('GET /app/slow')

  // Only sessions as slow as this one or slower, by the menu of its mark.
  await viewer.table.getByTitle('Slowest HTTP request').first().click()
  await page.getByTestId('value-menu').getByRole('menuitem', { name: 'And this' }).click()
  await viewer.settled()
  expect(await viewer.count()).toBeGreaterThan(0)
  expect(await viewer.count()).toBeLessThan(all)

  // Exactly those, for Wireshark.
  await page.getByTestId('export').click()
  await expect(page.getByTestId('download')).toHaveAttribute('aria-disabled', 'false')
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download').click()])
  const bytes = readFileSync(await download.path())
  expect(['d4c3b2a1', '4d3cb2a1']).toContain(bytes.subarray(0, 4).toString('hex'))
  expect(bytes.includes('/app/slow')).toBe(true)
})
