import { onBeforeUnmount, reactive, watch, type Ref } from 'vue'

/** Width and height of an element in pixels, as they change; 0 until it is drawn. */
export function useSize(element: Ref<HTMLElement | undefined>): { width: number; height: number } {
  const size = reactive({ width: 0, height: 0 })
  const observer = new ResizeObserver(([entry]) => {
    if (entry) Object.assign(size, { width: Math.floor(entry.contentRect.width), height: Math.floor(entry.contentRect.height) })
  })
  watch(element, (now, before) => {
    if (before) observer.unobserve(before)
    if (now) observer.observe(now)
  }, { immediate: true, flush: 'post' })
  onBeforeUnmount(() => observer.disconnect())
  return size
}
