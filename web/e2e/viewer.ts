// What the flows share: a logged-in page, the expression bar, the list.

import { expect, test as base, type Locator, type Page } from '@playwright/test'
import { begin } from './login.ts'

export class Viewer {
  constructor(readonly page: Page) {}

  get expression(): Locator {
    return this.page.getByTestId('expression').getByRole('textbox')
  }
  get table(): Locator {
    return this.page.getByTestId('sessions')
  }
  get rows(): Locator {
    return this.table.locator('.row:has([role=gridcell])')
  }
  get detail(): Locator {
    return this.page.getByTestId('detail')
  }

  async open(query = 'date=-1'): Promise<void> {
    await this.page.goto(`/sessions?${query}`)
    await this.settled()
  }

  /** The list has its answer. */
  async settled(): Promise<void> {
    await expect(this.table.or(this.page.getByText('Nothing')).first()).toBeVisible()
    await expect(this.table).toHaveAttribute('aria-busy', 'false')
  }

  async search(expression: string): Promise<void> {
    await this.expression.click()
    await this.page.keyboard.press('Control+A')
    await this.page.keyboard.type(expression)
    await this.page.keyboard.press('Escape')
    await this.expression.click()
    await this.page.keyboard.press('Enter')
    await expect(this.page).toHaveURL((url) => url.searchParams.get('expression') === expression)
    await this.settled()
  }

  /** The number in `12 sessions of 30`. */
  async count(): Promise<number> {
    const text = (await this.page.getByTestId('count').locator('b').textContent()) ?? ''
    return Number(text.replace(/[^0-9]/g, ''))
  }

  /** Opens a row at its edge, where no value is. */
  async openRow(index = 0): Promise<void> {
    await this.rows.nth(index).click({ position: { x: 4, y: 16 } })
    await expect(this.detail).toBeVisible()
  }

  column(id: string): Locator {
    return this.table.locator(`[data-column="${id}"]`)
  }

  /** The frame of an element that is on the page. */
  async frame(of: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
    const box = await of.boundingBox()
    if (!box) throw new Error('the element is not visible')
    return box
  }

  async columns(): Promise<string[]> {
    return this.table.locator('[data-column]').evaluateAll((heads) => heads.map((head) => (head as HTMLElement).dataset.column ?? ''))
  }
}

export const test = base.extend<{ viewer: Viewer }>({
  viewer: async ({ page }, use) => {
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    // A refused style, script or connection shows up here when the content security policy is too narrow for the viewer.
    // Chromium itself writes a style attribute while it joins the pieces of an edited text; the policy refuses it and the editor draws the text anew.
    await page.exposeFunction('refused', (what: string) => problems.push(what))
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const place = event.target instanceof Element ? event.target : document.documentElement
        const editing = event.effectiveDirective === 'style-src-attr' && place.closest('[data-testid="expression"]')
        if (!editing) (window as unknown as { refused(what: string): void }).refused(`${event.effectiveDirective} refused ${event.blockedURI} at ${place.outerHTML.slice(0, 200)}`)
      })
    })
    await begin(page.request)
    await use(new Viewer(page))
    await begin(page.request)
    expect(problems).toEqual([])
  },
})

export { expect }
