import { violations } from './axe.ts'
import { capture } from './captures.ts'
import { importCapture } from './importing.ts'
import { expect, test } from './viewer.ts'

test('a packet file is deleted, with the sessions of which nothing is left', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  const name = `delete-me-${Date.now()}.pcap`
  // a time of its own: a capture that is the same is known already
  const bytes = capture([{ port: 7777, said: [['c', `to be deleted ${name}`], ['s', 'gone']] }], Date.now() - 7_200_000)
  const sessions = await importCapture(page.request, name, bytes)
  const found = async (): Promise<number> =>
    ((await (await page.request.get(`/api/sessions?${new URLSearchParams({ date: '-1', length: '1', expression: sessions })}`)).json()) as { recordsFiltered: number }).recordsFiltered
  expect(await found()).toBe(1)

  await page.goto(`/files?filter=${name}`)
  const row = page.getByTestId('files').locator('tbody tr').filter({ hasText: name })
  await expect(row).toHaveCount(1)
  await row.getByTestId('file-remove').click()
  const dialog = page.getByRole('dialog', { name: 'Delete this packet file?' })
  await expect(dialog).toContainText(name)
  await expect(dialog).toContainText('8 packets')
  expect(await violations(page)).toEqual([])
  // thought better of: nothing happened
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(row).toHaveCount(1)
  expect(await found()).toBe(1)

  await row.getByTestId('file-remove').click()
  await dialog.getByTestId('file-sessions').check()
  await dialog.getByTestId('confirm').click()
  await expect(dialog).toHaveCount(0)
  await expect(row).toHaveCount(0)
  await expect.poll(found).toBe(0)
})

test('a file whose sessions stay: they are found, and say that their packets are gone', async ({ viewer, page }) => {
  const name = `packets-only-${Date.now()}.pcap`
  const at = Date.now() - 7_300_000
  await importCapture(page.request, name, capture([{ port: 7778, said: [['c', name], ['s', 'kept']] }], at))
  await page.goto(`/files?filter=${name}`)
  await page.getByTestId('file-remove').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByText('No file has such a name')).toBeVisible()
  // the file has no name any more to search for
  await viewer.open(`date=-1&expression=${encodeURIComponent(`port.dst == 7778 && port.src == ${40_000 + (at % 20_000)}`)}`)
  expect(await viewer.count()).toBe(1)
  await viewer.openRow()
  await page.keyboard.press('3')
  await expect(viewer.detail).toContainText('the packet file has expired')
  await expect(viewer.detail).not.toContainText('carry no payload')
})
