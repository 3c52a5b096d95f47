// What the tests look for: the project's own captures, imported through the same route as a user's upload. A known capture stays once.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test as setup } from '@playwright/test'
import { begin, csrf } from './login.ts'

export const CAPTURES = [
  'http/captures/nginx-curl.pcap', 'http/captures/slow-application.pcap', 'mysql/captures/mariadb.pcap', 'postgresql/captures/psql.pcap', 'dns/captures/dnsmasq-dig.pcap',
  'tls/captures/nginx-tls13.pcap', 'ssh/captures/openssh.pcap', 'ftp/captures/vsftpd-curl.pcap', 'dhcp/captures/dnsmasq-udhcpc.pcap', 'icmp/captures/ping-and-unreachable.pcap',
].map((path) => join(import.meta.dirname, '../../crates/protocols/src', path))

setup('import the captures', async ({ request }) => {
  setup.setTimeout(120_000)
  await begin(request)
  for (const path of CAPTURES) {
    expect(existsSync(path), path).toBe(true)
    const answer = await request.post('/api/upload', {
      headers: await csrf(request),
      multipart: { tags: 'e2e', file: { name: basename(path), mimeType: 'application/vnd.tcpdump.pcap', buffer: readFileSync(path) } },
    })
    const text = await answer.text()
    expect(answer.ok(), `${path}: ${text}`).toBe(true)
    const job = (JSON.parse(text) as { job?: string }).job
    if (!job) continue
    await expect.poll(async () => ((await (await request.get(`/api/jobs/${job}`)).json()) as { state: string }).state, { timeout: 30_000 }).toBe('done')
  }
  await expect.poll(async () => {
    const answer = (await (await request.get('/api/sessions?date=-1&length=1&expression=protocols%20%3D%3D%20http')).json()) as { recordsFiltered: number }
    return answer.recordsFiltered
  }, { timeout: 20_000 }).toBeGreaterThan(0)
})
