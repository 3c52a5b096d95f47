// Users and roles need a user who administers users: `hindsight serve` makes its first one so.

import type { APIRequestContext, Browser, Page } from '@playwright/test'
import { csrf } from './login.ts'
import { expect, test } from './viewer.ts'

/** Logged in as somebody else; `status` is what the log-in was answered with. */
async function as(browser: Browser, page: Page, user: string, secret: string): Promise<{ request: APIRequestContext; status: number }> {
  const { request } = await browser.newContext({ baseURL: new URL(page.url()).origin })
  return { request, status: (await request.post('/api/login', { data: { user, password: secret } })).status() }
}
const found = async (request: APIRequestContext, expression = ''): Promise<number> =>
  ((await (await request.get(`/api/sessions?${new URLSearchParams({ date: '-1', length: '1', expression })}`)).json()) as { recordsFiltered: number }).recordsFiltered

/** A user of the test, made without the page. */
async function make(request: APIRequestContext, userId: string, secret: string): Promise<void> {
  const made = await request.post('/api/user', { headers: await csrf(request), data: { userId, userName: `Name of ${userId}`, password: secret, roles: ['arkimeUser'], enabled: true, webEnabled: true, packetSearch: true } })
  expect(made.ok(), await made.text()).toBe(true)
}
const remove = async (request: APIRequestContext, id: string): Promise<void> => void (await request.delete(`/api/user/${encodeURIComponent(id)}`, { headers: await csrf(request) }))

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

test('a role is made, given, narrows what its user finds, and is taken away', async ({ viewer, page, browser }) => {
  expect(viewer).toBeTruthy()
  const [id, secret] = [`e2e-role-${Date.now()}`, 'a password of a test']
  await make(page.request, id, secret)
  await page.goto('/users?kind=roles')
  await page.getByTestId('user-new').click()
  const form = page.getByTestId('user-form')
  await form.getByTestId('user-id').fill(`role:${id}`)
  await form.getByTestId('user-name').fill('Only the web')
  const expression = form.locator('input.mono')
  await expression.fill('nosuchfield == 1')
  await expect(form.locator('.hint.bad')).toContainText('nosuchfield')
  await expression.fill('protocols == http')
  await expect(form.locator('.hint.bad')).toHaveCount(0)
  await page.getByTestId('user-save').click()
  // what the role forces on every search stands in the table
  const role = page.getByTestId('users').getByRole('row').filter({ hasText: `role:${id}` })
  await expect(role).toContainText('protocols == http')

  const other = await as(browser, page, id, secret)
  expect(other.status).toBe(200)
  const [all, http] = [await found(page.request), await found(page.request, 'protocols == http')]
  expect(http).toBeGreaterThan(0)
  expect(http).toBeLessThan(all)
  expect(await found(other.request)).toBe(all)

  await role.getByRole('button', { name: 'Who has Only the web' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('nobody has it')
  await dialog.getByRole('searchbox').or(dialog.getByRole('textbox')).first().fill(id)
  const member = dialog.getByRole('listitem').filter({ hasText: id }).getByTestId('member')
  await member.check()
  await expect(dialog).toContainText('one user has it')
  expect(await found(other.request)).toBe(http)
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('button', { name: 'Users', exact: true }).click()
  const row = page.getByTestId('users').getByRole('row').filter({ hasText: id })
  await expect(row.locator('.chip', { hasText: id })).toBeVisible()

  await page.getByRole('button', { name: 'Roles', exact: true }).click()
  await role.getByRole('button', { name: 'Who has Only the web' }).click()
  await dialog.getByRole('listitem').filter({ hasText: id }).getByTestId('member').uncheck()
  await expect(dialog).toContainText('nobody has it')
  expect(await found(other.request)).toBe(all)
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await role.getByRole('button', { name: /^Delete/ }).click()
  await page.getByTestId('confirm').click()
  await expect(role).toHaveCount(0)
  await remove(page.request, id)
})

test('a lost password is set anew, and the log-ins of before end', async ({ viewer, page, browser }) => {
  expect(viewer).toBeTruthy()
  const [id, old, next] = [`e2e-lost-${Date.now()}`, 'the password of before', 'the password of after']
  await make(page.request, id, old)
  await page.goto(`/users?filter=${id}`)
  const before = await as(browser, page, id, old)
  expect(before.status).toBe(200)
  expect((await before.request.get('/api/user')).status()).toBe(200)
  await page.getByTestId('users').getByRole('row').filter({ hasText: id }).getByRole('button', { name: /^New password for/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByTestId('reset-password').fill('short')
  await expect(dialog.getByRole('button', { name: 'Change' })).toBeDisabled()
  await dialog.getByTestId('reset-password').fill(next)
  await dialog.getByRole('button', { name: 'Change' }).click()
  await expect(page.getByText(`Name of ${id} has a new password.`)).toBeVisible()
  expect((await before.request.get('/api/user')).status()).toBe(401)
  expect((await as(browser, page, id, old)).status).toBe(401)
  expect((await as(browser, page, id, next)).status).toBe(200)
  // who asks for it is still logged in
  expect((await page.request.get('/api/user')).status()).toBe(200)
  await remove(page.request, id)
})

test('the settings of another user are shown as such, changed, and stay closed to others', async ({ viewer, page, browser }) => {
  expect(viewer).toBeTruthy()
  const [id, secret] = [`e2e-set-${Date.now()}`, 'a password of a test']
  await make(page.request, id, secret)
  await page.goto(`/users?filter=${id}`)
  await page.getByRole('link', { name: `Settings of Name of ${id}` }).click()
  await expect(page).toHaveURL((url) => url.pathname === '/settings' && url.searchParams.get('userId') === id)
  const whose = page.getByTestId('whose')
  await expect(whose).toContainText(`Settings of Name of ${id}`)
  // what is shared, and searches of this browser, are no settings of a user
  await expect(page.getByRole('link', { name: 'Notifiers' })).toHaveCount(0)
  await expect(page.getByText('Recent searches')).toHaveCount(0)
  await page.getByTestId('zone').selectOption('Europe/Berlin')
  await page.getByRole('group', { name: 'Language' }).getByRole('button', { name: '中文' }).click()
  await expect(whose).toContainText('Saved')
  // this page keeps its own language
  await expect(page.getByRole('heading', { name: 'Settings', exact: true })).toBeVisible()
  await page.getByRole('link', { name: 'Own theme' }).click()
  await expect(whose).toContainText(`Settings of Name of ${id}`)
  await page.locator('[data-token="accent"] input[type=color]').fill('#00897b')
  await expect(whose).toContainText('Saved')
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--accent').trim())).not.toBe('#00897b')

  const other = await as(browser, page, id, secret)
  const theirs = (await (await other.request.get('/api/user/settings')).json()) as { timezone: string; viewer: { preferences: Record<string, unknown> } }
  expect(theirs.timezone).toBe('Europe/Berlin')
  // what nobody chose is not there
  expect(theirs.viewer.preferences).toEqual({ zone: 'Europe/Berlin', locale: 'zh', theme: 'own', own: { base: 'light', colours: { accent: '#00897b' } } })
  const mine = (await (await page.request.get('/api/user/settings')).json()) as { viewer?: { preferences?: Record<string, unknown> } }
  expect(mine.viewer?.preferences?.theme).not.toBe('own')

  // who may not administer users is told so, by the server and by the page
  expect((await other.request.get('/api/user/settings?userId=admin')).status()).toBe(403)
  expect((await other.request.post('/api/user/settings?userId=admin', { headers: await csrf(other.request), data: {} })).status()).toBe(403)
  const context = await browser.newContext({ baseURL: new URL(page.url()).origin, storageState: await other.request.storageState(), locale: 'en-US' })
  const theirPage = await context.newPage()
  await theirPage.goto('/settings?userId=admin')
  await expect(theirPage.getByRole('heading', { name: /admin/ })).toBeVisible()
  await expect(theirPage.getByText('Need admin privileges')).toBeVisible()
  await expect(theirPage.getByTestId('zone')).toHaveCount(0)
  await context.close()
  await remove(page.request, id)
})
