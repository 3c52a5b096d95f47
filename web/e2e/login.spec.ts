import { expect, test } from '@playwright/test'
import { logIn, USER } from './login.ts'

test('a page asked for without log-in is shown after it', async ({ page }) => {
  await page.goto('/sessions?date=-1&expression=protocols%20%3D%3D%20dns')
  await expect(page).toHaveURL(/\/login\?next=/)
  await logIn(page)
  await expect(page).toHaveURL((url) => url.pathname === '/sessions' && url.searchParams.get('expression') === 'protocols == dns')
})

test('a wrong password is said, and nothing else', async ({ page }) => {
  await page.goto('/login')
  await page.getByLabel('User name').fill(USER)
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await page.getByRole('button', { name: 'Log in' }).click()
  await expect(page.getByRole('alert')).toHaveText('User name or password is wrong.')
  await expect(page).toHaveURL(/\/login/)
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('')
})

test('a link cannot send the user elsewhere after the log-in', async ({ page }) => {
  await page.goto('/login?next=//evil.example/')
  await logIn(page)
  await expect(page).toHaveURL(/\/overview/)
})

test('log out', async ({ page }) => {
  await page.goto('/login')
  await logIn(page)
  await page.getByTestId('account').click()
  await page.getByTestId('logout').click()
  await expect(page).toHaveURL(/\/login/)
  await page.goto('/files')
  await expect(page).toHaveURL(/\/login/)
})
