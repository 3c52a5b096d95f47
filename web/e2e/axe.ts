// What every page must pass: no violation of WCAG 2.2 A and AA that axe can find.

import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

export async function expectAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  const said = violations.map((one) => `${one.id} (${one.impact}): ${one.help}\n  ${one.nodes.slice(0, 4).map((node) => `${node.target.join(' ')}  ${node.html.slice(0, 160)}`).join('\n  ')}`)
  expect(said, what).toEqual([])
}
