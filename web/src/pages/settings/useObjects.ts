// A short list that a section reads, shows and changes.

import { onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { describe } from '@/api'

export interface Objects<T> {
  items: ShallowRef<T[]>
  busy: Ref<boolean>
  error: Ref<string>
  load: () => Promise<void>
}

export function useObjects<T>(read: () => Promise<T[]>): Objects<T> {
  const items: ShallowRef<T[]> = shallowRef([])
  const busy = ref(true)
  const error = ref('')
  async function load(): Promise<void> {
    busy.value = true
    try {
      items.value = await read()
      error.value = ''
    } catch (problem) {
      error.value = describe(problem)
    }
    busy.value = false
  }
  onMounted(load)
  return { items, busy, error, load }
}
