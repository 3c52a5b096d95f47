// Recent expressions of this browser, newest first.

import { reactive } from 'vue'
import { load, save } from '@/design/preferences'

const KEY = 'hindsight.expressions'
const LIMIT = 40

export const recent = reactive<string[]>(load<string[]>(KEY, []).filter((one) => typeof one === 'string'))

export function remember(expression: string): void {
  const text = expression.trim()
  if (!text) return
  const at = recent.indexOf(text)
  if (at >= 0) recent.splice(at, 1)
  recent.unshift(text)
  recent.splice(LIMIT)
  save(KEY, recent)
}

export function forget(expression?: string): void {
  if (expression === undefined) recent.splice(0)
  else recent.splice(recent.indexOf(expression), 1)
  save(KEY, recent)
}
