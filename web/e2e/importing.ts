import { expect, type APIRequestContext } from '@playwright/test'
import { csrf } from './login.ts'

interface Answer { job?: string; expression?: string; sessions?: number }

/** Uploads a capture, waits for its import, and gives the expression that finds its sessions. */
export async function importCapture(request: APIRequestContext, name: string, buffer: Buffer): Promise<string> {
  const sent = await request.post('/api/upload', { headers: await csrf(request), multipart: { tags: 'e2e', file: { name, mimeType: 'application/vnd.tcpdump.pcap', buffer } } })
  const text = await sent.text()
  expect(sent.ok(), text).toBe(true)
  let answer = JSON.parse(text) as Answer
  if (answer.job) {
    const job = async (): Promise<{ state: string; text?: string; result?: Answer }> => (await (await request.get(`/api/jobs/${answer.job ?? ''}`)).json()) as { state: string; result?: Answer }
    await expect.poll(async () => (await job()).state, { timeout: 30_000 }).toBe('done')
    answer = (await job()).result ?? answer
  }
  const expression = answer.expression ?? ''
  expect(expression).not.toBe('')
  const query = new URLSearchParams({ date: '-1', length: '1', expression })
  await expect.poll(async () => ((await (await request.get(`/api/sessions?${query}`)).json()) as { recordsFiltered: number }).recordsFiltered, { timeout: 20_000 }).toBeGreaterThan(0)
  return expression
}
