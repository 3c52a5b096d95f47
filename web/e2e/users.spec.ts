// Users and roles need a user who administers users: `hindsight serve` makes its first one so.

import { expect, test } from './viewer.ts'

test('a user is made, changed, found and deleted', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  const mine = (await (await page.request.get('/api/user')).json()) as { roles: string[] }
  test.skip(!mine.roles.some((role) => /^(superAdmin|usersAdmin)$/.test(role)), 'skipped: this user may not administer users')
  const id = `e2e-${Date.now()}`
  await page.goto('/users')
  await page.getByTestId('user-new').click()
  await page.getByTestId('user-id').fill('not an id')
  await page.getByTestId('user-name').fill('Made by a test')
  await expect(page.getByTestId('user-save')).toBeDisabled()
  await page.getByTestId('user-id').fill(id)
  await page.getByTestId('user-password').fill('a password of a test')
  await page.getByTestId('user-roles').getByRole('button', { name: 'mcpUser' }).click()
  await page.getByTestId('user-save').click()
  const row = page.getByTestId('users').getByRole('row').filter({ hasText: id })
  await expect(row).toContainText('mcpUser')
  await row.getByRole('button', { name: id, exact: true }).click()
  await page.getByLabel('no packets at all').check()
  await page.getByTestId('user-save').click()
  await expect(row).toContainText('no packets')
  await row.getByRole('button', { name: /^Delete/ }).click()
  await page.getByTestId('confirm').click()
  await expect(row).toHaveCount(0)
})
