// The statistics of a real capture: deploy/browser-tests runs one on a loopback before the server starts, holds it for a moment while packets
// come, so that the kernel drops some, and says so in HINDSIGHT_CAPTURED. Without the right to capture there are none to look at.

import type { Page } from '@playwright/test'
import { expect, test } from './viewer.ts'

const captured = Boolean(process.env.HINDSIGHT_CAPTURED)
const open = async (page: Page, query = 'date=1&live=0'): Promise<void> => {
  await page.goto(`/stats?${query}`)
  await expect(page.getByTestId('nodes')).toHaveAttribute('aria-busy', 'false')
}

test.skip(!captured, 'skipped: nothing could be captured here')

test('a node, its charts and its loss', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page)
  await expect(page.getByTestId('nodes')).toContainText('sensor')
  for (const chart of ['packets', 'bits', 'lost', 'sessions', 'memory', 'disk']) await expect(page.getByTestId(`chart-${chart}`).locator('canvas')).toBeVisible()
  await expect(page.getByTestId('chart-lost')).toContainText('Kernel')
  const losses = page.getByTestId('losses')
  await expect(losses).toContainText('dropped by the kernel because the ring was full')
  await expect(page.getByTestId('lines')).toContainText('lo')
  await page.getByTestId('chart-packets').locator('.plot').hover({ position: { x: 300, y: 60 } })
  await expect(page.getByTestId('chart-packets').locator('.tip')).toBeVisible()
})

test('node, interface and range are in the URL', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page)
  await page.getByTestId('interface').selectOption('lo')
  await expect(page).toHaveURL(/interface=lo/)
  await page.getByTestId('node').selectOption('sensor')
  await expect(page).toHaveURL(/node=sensor/)
  await page.getByRole('button', { name: '24 h' }).click()
  await expect(page).toHaveURL(/date=24/)
  await page.reload()
  await expect(page.getByTestId('interface')).toHaveValue('lo')
  await expect(page.getByRole('button', { name: '24 h' })).toHaveAttribute('aria-pressed', 'true')
  const plot = await viewer.frame(page.getByTestId('chart-bits').locator('.u-over'))
  await page.mouse.move(plot.x + plot.width * 0.5, plot.y + 40)
  await page.mouse.down()
  await page.mouse.move(plot.x + plot.width * 0.9, plot.y + 40, { steps: 5 })
  await page.mouse.up()
  await expect(page).toHaveURL(/startTime=/)
  await expect(page.getByTestId('fixed')).toBeVisible()
})

test('what comes in is followed, and following can be stopped', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page, 'date=0.25')
  await page.waitForResponse((response) => response.url().includes('/api/stats/series'))
  await page.getByRole('button', { name: 'Stop following' }).click()
  await expect(page).toHaveURL(/live=0/)
})

test('the loss stands in the timeline where it happened, with its stage', async ({ viewer, page }) => {
  await viewer.open('date=1')
  const mark = page.getByTestId('loss-mark').first()
  await expect(mark).toBeVisible()
  await expect(mark).toHaveAttribute('aria-label', /packets: dropped by the kernel because the ring was full/)
  const at = await viewer.frame(mark)
  await page.mouse.move(at.x + at.width / 2, at.y + 50)
  await expect(page.locator('.timeline .tip')).toContainText('Lost here')
})
