import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from './viewer.ts'

const capture = join(import.meta.dirname, '../../crates/protocols/src/http/captures/pipelined-ipv6.pcap')

test('a capture dropped on the page is imported, and its link finds exactly its sessions', async ({ viewer, page }) => {
  await viewer.open()
  const bytes = [...readFileSync(capture)]
  const transfer = await page.evaluateHandle((data) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([new Uint8Array(data)], 'dropped.pcap'))
    return transfer
  }, bytes)
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer })
  await expect(page.getByText('Drop to import')).toBeVisible()
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer })
  const line = page.getByTestId('upload').first()
  await expect(line).toContainText('dropped.pcap')
  await expect(line).toContainText('Done', { timeout: 20_000 })
  await line.getByRole('button', { name: 'Show the sessions' }).click()
  await expect(page).toHaveURL(/expression=/)
  await viewer.settled()
  expect(await viewer.count()).toBeGreaterThan(0)
  await expect(viewer.rows.first()).toContainText('http')
})

test('what is no capture is refused with a reason', async ({ viewer, page }) => {
  await viewer.open()
  await page.keyboard.press('u')
  await page.getByTestId('upload-dialog').locator('input[type=file]').setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('this is no capture at all, just text') })
  const line = page.getByTestId('upload').first()
  await expect(line).toContainText('Failed', { timeout: 20_000 })
  expect(((await line.textContent()) ?? '').length).toBeGreaterThan('notes.txt36 BFailed'.length + 10)
})
