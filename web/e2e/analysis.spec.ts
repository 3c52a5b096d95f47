// The pages that look at many sessions at once: SPI view, SPI graph, connections, map.

import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { expect, test } from './viewer.ts'

const open = async (page: Page, path: string): Promise<void> => {
  await page.goto(path)
  await expect(page.getByTestId('count')).not.toContainText('Loading')
}
const count = async (page: Page): Promise<number> => Number(((await page.getByTestId('count').locator('b').textContent()) ?? '').replace(/[^0-9]/g, ''))

test('SPI view: values of open fields, and a click on one narrows the search on the same page', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page, '/spiview?date=-1&spi=protocol:20,source.ip:20')
  const protocols = page.locator('[data-field="protocols"]')
  await expect(protocols).toHaveAttribute('aria-busy', 'false')
  const all = await count(page)
  const udp = protocols.getByRole('button', { name: /^udp/ })
  const size = Number(((await udp.locator('.size').textContent()) ?? '').replaceAll(',', ''))
  expect(size).toBeGreaterThan(0)
  expect(size).toBeLessThan(all)
  await udp.click()
  await page.getByRole('menuitem', { name: 'And this' }).click()
  await expect(page).toHaveURL((url) => url.pathname === '/spiview' && url.searchParams.get('expression') === 'protocols == udp' && url.searchParams.get('spi') === 'protocol:20,source.ip:20')
  await expect(page.getByTestId('count').locator('b')).toContainText(size.toLocaleString('en-US'))
  await expect(protocols.getByRole('button', { name: /^tcp/ })).toHaveCount(0)
})

test('SPI view: fields are found, opened, closed and kept as a layout', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page, '/spiview?date=-1&spi=protocol:20')
  await page.getByTestId('find-field').fill('http.uri')
  await page.locator('.choice', { hasText: 'http.uri' }).first().click()
  await expect(page).toHaveURL(/spi=protocol:20,http\.uri:20/)
  await page.getByTestId('find-field').fill('')
  await expect(page.locator('[data-field="http.uri"] .one').first()).toBeVisible()
  await page.getByTestId('layouts').click()
  await page.getByTestId('save-layout').click()
  await page.getByLabel('Name').fill('browser test')
  await page.getByRole('button', { name: 'Keep' }).click()
  await expect(page.getByText('“browser test” is kept.')).toBeVisible()
  await page.getByRole('button', { name: 'Close all' }).first().click()
  await expect(page.getByText('Choose fields')).toBeVisible()
  await page.getByTestId('layouts').click()
  await page.getByRole('menuitem', { name: 'browser test', exact: true }).click()
  await expect(page.locator('[data-field="http.uri"] .one').first()).toBeVisible()
  await page.getByTestId('layouts').click()
  await page.getByRole('menuitem', { name: 'Remove browser test' }).click()
  await expect(page.getByText('“browser test” is removed.')).toBeVisible()
})

test('SPI view: all fields at once; what has no values says so', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page, '/spiview?date=-1&expression=protocols%20%3D%3D%20dns&spi=none')
  test.setTimeout(180_000)
  await page.getByTestId('all-fields').click()
  // nine hundred fields, in batches: a server that was built for tests takes its time
  await expect(page.locator('main [aria-busy="true"]')).toHaveCount(0, { timeout: 120_000 })
  await expect(page.getByTestId('count').locator('b')).toContainText('sessions')
  await expect(page.locator('[data-field="host.dns"] .one').first()).toBeVisible()
  await expect(page.locator('.without').first()).toContainText('No values in this search')
  await expect(page.locator('[data-field]').filter({ has: page.locator('.bad') })).toHaveCount(0)
})

test('SPI graph: every form shows the same values, and a mark leads to its sessions', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page, '/spigraph?date=-1&size=10')
  const rows = page.getByTestId('value-row')
  await expect(rows).toHaveCount(10)
  await expect(rows.first().locator('canvas')).toBeVisible()
  const first = (await rows.first().locator('.value').textContent()) ?? ''
  await page.getByRole('button', { name: 'Pie' }).click()
  await expect(page.locator('.pie path').first()).toHaveAttribute('aria-label', new RegExp(`^${first}: `))
  await page.getByRole('button', { name: 'Table' }).click()
  await expect(page.getByTestId('value-table').locator('tbody tr')).toHaveCount(10)
  const saved = page.waitForEvent('download')
  await page.getByTestId('csv').click()
  const file = await readFile(await (await saved).path(), 'utf8')
  expect(file.split('\r\n')[0]).toBe('protocols,sessions,packets,bytes,databytes')
  expect(file.split('\r\n')[1]).toMatch(new RegExp(`^${first},\\d+,\\d+,\\d+,\\d+$`))
  await page.getByRole('button', { name: 'Treemap' }).click()
  await expect(page.getByTestId('spigraph')).toHaveAttribute('aria-busy', 'false')
  await page.locator('.tile').first().click({ position: { x: 30, y: 30 } })
  await page.getByTestId('menu-sessions').click()
  await expect(page).toHaveURL((url) => url.pathname === '/sessions' && url.searchParams.get('expression') === `protocols == ${first}` && !url.searchParams.has('spiGraphType'))
  await viewer.settled()
  expect(await viewer.count()).toBeGreaterThan(0)
})

test('SPI graph: fields within a field flow into a sankey', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page, '/spigraph?date=-1&size=5&spiGraphType=sankey')
  await page.getByTestId('spigraph').getByRole('button', { name: 'Add a field within' }).click()
  await expect(page).toHaveURL(/subFields=ip\.dst/)
  const band = page.locator('.sankey .band').first()
  await expect(band).toHaveAttribute('aria-label', / → .*: \d/)
  await band.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('value-menu')).toContainText(/protocols == .* && ip\.dst == /)
  await page.keyboard.press('Escape')
})

test('connections: a node is found, its facts are shown, it is hidden and comes back', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page, '/connections?date=-1&as=nodes&dstField=ip.dst&length=500')
  const table = page.getByTestId('conn-table')
  const name = (await table.locator('tbody tr').first().locator('.value').first().textContent()) ?? ''
  const sessions = (await table.locator('tbody tr').first().locator('td').nth(3).textContent()) ?? ''
  await page.getByRole('button', { name: 'Graph' }).click()
  await expect(page.getByTestId('graph')).toHaveAttribute('aria-busy', 'false', { timeout: 40_000 })
  await page.getByTestId('find-node').fill(name)
  await page.getByTestId('find-node').press('Enter')
  const facts = page.getByTestId('facts')
  await expect(facts).toContainText(name)
  await expect(facts.locator('dl')).toContainText(sessions)
  await page.getByTestId('find-node').fill('')
  await facts.getByTestId('hide').click()
  await expect(facts).toHaveCount(0)
  await page.getByTestId('undo-hide').click()
  await page.getByTestId('find-node').fill(name)
  await page.getByTestId('find-node').press('Enter')
  await expect(facts).toContainText(name)
  await page.getByTestId('export').click()
  const saved = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Nodes and links (JSON)' }).click()
  const graph = JSON.parse(await readFile(await (await saved).path(), 'utf8')) as { nodes: { id: string }[]; links: { source: string }[] }
  expect(graph.nodes.some((node) => node.id === name)).toBe(true)
  expect(graph.nodes.some((node) => node.id === graph.links[0]?.source)).toBe(true)
  await page.getByTestId('export').click()
  const picture = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Picture (PNG)' }).click()
  expect((await readFile(await (await picture).path())).subarray(1, 4).toString()).toBe('PNG')
})

test('connections: a link leads to its sessions', async ({ viewer, page }) => {
  await open(page, '/connections?date=-1&as=links')
  const row = page.getByTestId('conn-table').locator('tbody tr').first()
  const n = Number((await row.locator('td').nth(2).textContent())?.replaceAll(',', '').trim())
  await row.locator('td').nth(2).getByRole('button').click()
  await page.getByTestId('menu-sessions').click()
  await expect(page).toHaveURL((url) => url.pathname === '/sessions' && /^ip\.src == \S+ && ip\.dst == \S+$/.test(url.searchParams.get('expression') ?? ''))
  await viewer.settled()
  expect(await viewer.count()).toBe(n)
})

test('the map shows the world, flat and as a globe', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await open(page, '/map?date=-1')
  await expect(page.locator('[data-country="FR"]')).toBeVisible()
  expect(await page.locator('path.land').count()).toBeGreaterThan(170)
  await page.getByRole('button', { name: 'Globe' }).click()
  await expect(page).toHaveURL(/projection=globe/)
  await expect(page.locator('path.sea')).toBeVisible()
  // Countries need the geographic data file, which not every place has: either they are listed, or the page says why they are not.
  await expect(page.getByTestId('places').or(page.getByText('No places known for these sessions'))).toBeVisible()
  const rows = page.getByTestId('places').locator('tbody tr')
  if (await rows.count()) {
    const code = (await rows.first().locator('.code').textContent()) ?? ''
    await page.getByRole('button', { name: 'Flat' }).click()
    await page.locator(`[data-country="${code}"]`).first().press('Enter')
    await expect(page).toHaveURL((url) => url.pathname === '/map' && url.searchParams.get('expression') === `country == ${code}`)
  }
})

test('a search goes along from page to page, and each page keeps its own choices', async ({ viewer, page }) => {
  await viewer.open('date=-1&expression=protocols%20%3D%3D%20dns')
  for (const [name, path] of [['SPI view', '/spiview'], ['SPI graph', '/spigraph'], ['Connections', '/connections'], ['World map', '/map'], ['Files', '/files'], ['Sessions', '/sessions']] as const) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
    await expect(page).toHaveURL((url) => url.pathname === path && (path === '/files' || (url.searchParams.get('expression') === 'protocols == dns' && url.searchParams.get('date') === '-1')))
  }
})

test('a wrong expression is marked, not hidden', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  for (const path of ['/spiview', '/spigraph', '/connections', '/map']) {
    await page.goto(`${path}?date=-1&expression=nonsense%20%3D%3D%201`)
    await expect(page.getByRole('heading', { name: /expression is not understood|search failed/ })).toBeVisible()
  }
})

test('SPI view: cards of unlike height leave no gap under the shorter ones', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  await page.setViewportSize({ width: 1280, height: 900 })
  await open(page, '/spiview?date=-1&spi=protocol:20,source.ip:20,destination.ip:20,destination.port:20,node:20,ipProtocol:20')
  const cards = page.locator('[data-group="general"] [data-field]')
  await expect(cards).toHaveCount(6)
  await expect(page.locator('[data-field][aria-busy="true"]')).toHaveCount(0)
  await expect(async () => {
    const boxes = await cards.evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ x, y, width, height }) => ({ x: Math.round(x), y, width, height })))
    const columns = new Map<number, typeof boxes>()
    for (const box of boxes) columns.set(box.x, [...(columns.get(box.x) ?? []), box])
    expect(columns.size).toBeGreaterThan(1)
    for (const column of columns.values()) {
      column.sort((a, b) => a.y - b.y)
      for (const [i, box] of column.entries()) {
        const above = column[i - 1]
        if (!above) continue
        const gap = box.y - above.y - above.height
        expect(gap).toBeGreaterThanOrEqual(9)
        expect(gap).toBeLessThan(14)
      }
    }
    // no column ends so late that its last card would have ended earlier under another one
    const ends = [...columns.values()].map((column) => Math.max(...column.map((box) => box.y + box.height)))
    const last = Math.max(...boxes.map((box) => box.y))
    expect(Math.min(...ends)).toBeGreaterThan(last - 14)
  }).toPass({ timeout: 20_000 })
})
