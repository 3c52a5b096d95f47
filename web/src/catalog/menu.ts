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

/** Beside the element; beside the pointer where the element is a mark of a chart, which may be as large as the page. */
export function anchorOf(event: Event, { x, y, width, height }: { x: number; y: number; width: number; height: number }): { x: number; y: number; width: number; height: number } {
  if (height <= 80) return { x, y, width, height }
  const pointed = 'clientX' in event && typeof event.clientX === 'number' && 'detail' in event && event.detail !== 0
  return pointed ? { x: event.clientX as number, y: (event as MouseEvent).clientY, width: 0, height: 0 } : { x: x + width / 2, y: y + height / 2, width: 0, height: 0 }
}

export function openMenu(event: Event, target: MenuTarget): void {
  const origin = event.currentTarget as HTMLElement
  Object.assign(menu, { open: true, target, origin, rect: anchorOf(event, origin.getBoundingClientRect()) })
}

/** The field whose most frequent values are shown; null = none. */
export const topValues = reactive<{ field: Field | null }>({ field: null })
