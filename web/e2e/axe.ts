// What every page must pass: no violation of WCAG 2.2 A and AA that axe can find.

import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'

/** What axe finds on the page as it is, one line a rule with the elements. */
export async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  return found.violations.map((one) => `${one.id} (${one.impact}): ${one.help}\n  ${one.nodes.slice(0, 4).map((node) => `${node.target.join(' ')}  ${node.html.slice(0, 160)}`).join('\n  ')}`)
}
