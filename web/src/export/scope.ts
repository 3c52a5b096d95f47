// Which sessions something is done with: those picked in the list, those in view, or all that match.

import type { Which } from '@/api/actions'
import type { CommonQuery } from '@/api/types'

export const SCOPES = ['picked', 'visible', 'all'] as const
export type Scope = (typeof SCOPES)[number]

export interface Choices {
  /** Ids. */
  picked: readonly string[]
  visible: readonly string[]
  /** How many match. */
  total: number
}

export const sizeOf = (scope: Scope, choices: Choices): number => (scope === 'all' ? choices.total : choices[scope].length)

/** Those that somebody picked are meant; otherwise all. */
export const usual = (choices: Choices): Scope => (choices.picked.length ? 'picked' : 'all')

/** As parameters of a request. */
export const whichOf = (scope: Scope, choices: Choices, common: CommonQuery): Which => (scope === 'all' ? { ...common } : { ids: choices[scope].join(',') })
