// The menu of a value or of a field: one for the page, opened where the click was.

import { reactive } from 'vue'
import type { Field } from '@/api/types'
import type { Scalar } from './values'

export interface MenuTarget {
  field?: Field
  /** Left out for the menu of the field itself. */
  value?: Scalar
  /** A finished term where the value is none of a field (a mark of slowness). */
  term?: string
  shown: string
}

export const menu = reactive<{ open: boolean; target: MenuTarget | null; rect: { x: number; y: number; width: number; height: number }; origin: HTMLElement | null }>({
  open: false,
  target: null,
  rect: { x: 0, y: 0, width: 0, height: 0 },
  origin: null,
})

export function openMenu(event: Event, target: MenuTarget): void {
  const origin = event.currentTarget as HTMLElement
  const { x, y, width, height } = origin.getBoundingClientRect()
  Object.assign(menu, { open: true, target, origin, rect: { x, y, width, height } })
}

/** The field whose most frequent values are shown; null = none. */
export const topValues = reactive<{ field: Field | null }>({ field: null })
