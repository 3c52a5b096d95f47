import { reactive } from 'vue'

export interface Toast {
  id: number
  text: string
  tone: 'good' | 'bad'
}

export const toasts = reactive<Toast[]>([])
let next = 1

export function toast(text: string, tone: Toast['tone'] = 'good'): void {
  const id = next++
  toasts.push({ id, text, tone })
  setTimeout(() => dismiss(id), tone === 'bad' ? 9000 : 3500)
}

export function dismiss(id: number): void {
  const at = toasts.findIndex((one) => one.id === id)
  if (at >= 0) toasts.splice(at, 1)
}

export async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Plain http on another host than localhost has no clipboard API.
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
  toast(done)
}
