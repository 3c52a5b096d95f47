// A row of the history as people read it.

import type { HistoryRow } from '@/api/audit'
import { readState, writeState } from '@/search/urlState'

/** Questions that the sessions page can ask again. */
const SEARCHES = /^(api\/)?(sessions|spiview|spigraph|spigraphhierarchy|connections|unique|multiunique|buildquery|export\/check)\b/

export function parameters(row: Pick<HistoryRow, 'query'>): [name: string, value: string][] {
  return [...new URLSearchParams(row.query ?? '')].filter(([, value]) => value !== '')
}

/** The search of a row, for a link to the sessions; null where it was none. */
export function searchOf(row: HistoryRow): ReturnType<typeof writeState> | null {
  if (!SEARCHES.test(row.api)) return null
  const asked = new URLSearchParams(row.query ?? '')
  const start = asked.get('startTime') ?? (row.startTime ? String(row.startTime) : '')
  const stop = asked.get('stopTime') ?? (row.stopTime ? String(row.stopTime) : '')
  const date = asked.get('date')
  const range = date ? { date } : start && stop ? { startTime: start, stopTime: stop } : { date: '-1' }
  return writeState({ ...readState({}), expression: row.expression ?? asked.get('expression') ?? '', range })
}

/** How long an answer took, as a tone. */
export function tone(ms: number | undefined): '' | 'warn' | 'bad' {
  return !ms || ms < 2_000 ? '' : ms < 10_000 ? 'warn' : 'bad'
}
