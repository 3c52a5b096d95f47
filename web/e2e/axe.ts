// What every page must pass: no violation of WCAG 2.2 A and AA that axe can find.

import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'

/** What depends on the theme or the language; all else is the same in each. */
const LOOKS = ['color-contrast', 'target-size', 'html-has-lang', 'html-lang-valid', 'valid-lang', 'label', 'button-name', 'link-name', 'document-title', 'aria-required-children', 'nested-interactive', 'link-in-text-block']

/** What axe finds on the page as it is, one line a rule with the elements; `looks`: only by rules that another theme or language may break. */
export async function violations(page: Page, looks = false): Promise<string[]> {
  const axe = new AxeBuilder({ page })
  const found = await (looks ? axe.withRules(LOOKS) : axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])).analyze()
  return found.violations.map((one) => `${one.id} (${one.impact}): ${one.help}\n  ${one.nodes.slice(0, 4).map((node) => `${node.target.join(' ')}  ${node.html.slice(0, 160)}`).join('\n  ')}`)
}
