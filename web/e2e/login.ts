import { expect, type APIRequestContext, type Page } from '@playwright/test'

export const USER = process.env.HINDSIGHT_USER ?? 'admin'

export function password(): string {
  const given = process.env.HINDSIGHT_PASSWORD
  if (!given) throw new Error('HINDSIGHT_PASSWORD is not set: the first start of `hindsight serve` prints it')
  return given
}

export async function logIn(page: Page): Promise<void> {
  if (!page.url().includes('/login')) await page.goto('/login')
  await page.getByRole('textbox').first().fill(USER)
  await page.locator('#password').fill(password())
  await page.locator('button[type=submit]').click()
  await expect(page).not.toHaveURL(/\/login/)
}

/** Logged in without the page: what most flows begin with. Settings go with the account, so each begins with none. */
export async function begin(request: APIRequestContext): Promise<void> {
  const login = await request.post('/api/login', { data: { user: USER, password: password() } })
  expect(login.status(), await login.text()).toBe(200)
  await forgetSettings(request)
}

export async function forgetSettings(request: APIRequestContext): Promise<void> {
  const saved = await request.post('/api/user/settings', { headers: await csrf(request), data: {} })
  expect(saved.status(), await saved.text()).toBe(200)
}

/** The value of the cookie that every changing request must repeat in a header. */
export async function csrf(request: APIRequestContext): Promise<Record<string, string>> {
  const { cookies } = await request.storageState()
  const cookie = cookies.find((one) => one.name === 'HINDSIGHT-COOKIE')
  return cookie ? { 'x-hindsight-cookie': decodeURIComponent(cookie.value) } : {}
}
