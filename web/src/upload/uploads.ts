// Captures on their way to the server, one after another; they go on while the user looks at other pages.

import { reactive } from 'vue'
import * as api from '@/api'
import type { UploadAnswer } from '@/api/types'
import { fromInstants, type Range } from '@/search/range'

export interface Upload {
  id: number
  name: string
  size: number
  sent: number
  /** Sent, and now read by the server. */
  phase: 'waiting' | 'sending' | 'importing' | 'done' | 'failed' | 'cancelled'
  sessions: number
  packets: number
  answer: UploadAnswer | null
  text: string
}

interface Work {
  file: File
  tags: string
  /** Device that alerts and evidence are filed under; the server's own for captures where none is named. */
  devid?: number
  abort: AbortController
}

export const uploads = reactive<{ open: boolean; list: Upload[]; /** Rises when an import is done: lists may look again. */ finished: number }>({ open: false, list: [], finished: 0 })
const work = new Map<number, Work>()
let next = 1
let running = false

export function enqueue(files: Iterable<File>, tags: string, devid?: number): void {
  for (const file of files) {
    const id = next++
    uploads.list.push({ id, name: file.name, size: file.size, sent: 0, phase: 'waiting', sessions: 0, packets: 0, answer: null, text: '' })
    work.set(id, { file, tags, devid, abort: new AbortController() })
  }
  if (!running) void drain()
}

export function cancelUpload(id: number): void {
  work.get(id)?.abort.abort()
  const upload = uploads.list.find((one) => one.id === id)
  if (upload?.phase === 'waiting') upload.phase = 'cancelled'
}

export function clearFinished(): void {
  uploads.list = uploads.list.filter((one) => work.has(one.id) && one.phase !== 'cancelled')
}

async function drain(): Promise<void> {
  running = true
  for (;;) {
    const upload = uploads.list.find((one) => one.phase === 'waiting')
    if (!upload) break
    const job = work.get(upload.id)
    if (job) await run(upload, job)
    work.delete(upload.id)
  }
  running = false
}

async function run(upload: Upload, { file, tags, devid, abort }: Work): Promise<void> {
  upload.phase = 'sending'
  try {
    let answer = await api.upload(file, tags, (sent) => {
      upload.sent = Math.min(sent, upload.size)
      if (sent >= upload.size) upload.phase = 'importing'
    }, abort.signal, devid)
    if (answer.job) answer = await follow(upload, answer.job, abort.signal)
    upload.answer = answer
    upload.sessions = answer.sessions ?? 0
    upload.packets = answer.packets ?? 0
    upload.text = answer.text ?? ''
    upload.phase = answer.success ? 'done' : 'failed'
  } catch (error) {
    upload.phase = api.isAbort(error) ? 'cancelled' : 'failed'
    upload.text = api.isAbort(error) ? '' : api.describe(error)
  }
  uploads.finished++
}

async function follow(upload: Upload, id: string, signal: AbortSignal): Promise<UploadAnswer> {
  upload.phase = 'importing'
  for (;;) {
    if (signal.aborted) {
      await api.cancelJob(id).catch(() => undefined)
      throw new DOMException('cancelled', 'AbortError')
    }
    const job = await api.job(id, signal)
    upload.sessions = job.sessions ?? upload.sessions
    upload.packets = job.packets ?? upload.packets
    if (job.state === 'done') return job.result ?? { success: true, sessions: job.sessions, packets: job.packets, text: job.text }
    if (job.state === 'cancelled') throw new DOMException('cancelled', 'AbortError')
    if (job.state === 'failed') return { success: false, text: job.text, ...job.result }
    await new Promise((resolve) => setTimeout(resolve, 400))
  }
}

export const isActive = (one: Upload): boolean => ['waiting', 'sending', 'importing'].includes(one.phase)

/** Where exactly the sessions of an upload are: its expression, within its own time. */
export function found(answer: UploadAnswer): { expression: string; range: Range; bounding: 'last' } | null {
  if (!answer.expression) return null
  const { first, last } = answer
  // A second more at both ends: the range counts whole milliseconds, packets do not.
  const range: Range = first && last ? fromInstants({ start: first - 1000, stop: last + 1000 }) : { date: '-1' }
  return { expression: answer.expression, range, bounding: 'last' }
}

/** Where the sessions of several uploads are: any of their expressions, within the time of all. */
export function foundAll(answers: readonly UploadAnswer[]): ReturnType<typeof found> {
  const expressions = [...new Set(answers.flatMap((one) => one.expression ?? []))]
  if (expressions.length < 2) {
    const only = answers.find((one) => one.expression)
    return only ? found(only) : null
  }
  const timed = answers.every((one) => !one.expression || (one.first && one.last))
  return found({
    success: true,
    expression: expressions.map((one) => `(${one})`).join(' || '),
    ...(timed ? { first: Math.min(...answers.map((one) => one.first ?? Infinity)), last: Math.max(...answers.map((one) => one.last ?? 0)) } : {}),
  })
}
