// A capture whose every text field is markup: it is shown as the text it is, and nothing of it runs.

import { capture, type Conversation } from './captures.ts'
import { importCapture } from './importing.ts'
import { expect, test } from './viewer.ts'

const MARK = '<img src=x onerror=window.ran=1>'
const SCRIPT = '<script>window.ran=1</script>'
const ALL = `"'>${MARK}${SCRIPT}`

const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 255])
const sized = (bytes: Buffer, width: 1 | 2 | 3): Buffer => Buffer.concat([Buffer.from([bytes.length >> 16, (bytes.length >> 8) & 255, bytes.length & 255]).subarray(3 - width), bytes])

/** RFC 1035: a question and its answer, labels of markup. */
function dns(answer: boolean): Buffer {
  const label = sized(Buffer.from(MARK), 1)
  const name = Buffer.concat([label, sized(Buffer.from('example'), 1), Buffer.from([0])])
  const question = Buffer.concat([name, u16(16), u16(1)])
  const text = sized(Buffer.from(ALL.slice(0, 200)), 1)
  const record = Buffer.concat([u16(0xc00c), u16(16), u16(1), Buffer.from([0, 0, 0, 60]), sized(text, 2)])
  return Buffer.concat([u16(0x1234), u16(answer ? 0x8180 : 0x0100), u16(1), u16(answer ? 1 : 0), u16(0), u16(0), question, ...(answer ? [record] : [])])
}

/** RFC 8446: a ClientHello with a server name and a protocol of markup. */
function clientHello(): Buffer {
  const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), sized(body, 2)])
  const name = Buffer.concat([Buffer.from([0]), sized(Buffer.from(MARK), 2)])
  const extensions = Buffer.concat([extension(0, sized(name, 2)), extension(16, sized(sized(Buffer.from(MARK), 1), 2))])
  const body = Buffer.concat([u16(0x0303), Buffer.alloc(32, 7), Buffer.from([0]), sized(u16(0x1301), 2), Buffer.from([1, 0]), sized(extensions, 2)])
  const handshake = Buffer.concat([Buffer.from([1]), sized(body, 3)])
  return Buffer.concat([Buffer.from([22, 3, 1]), sized(handshake, 2)])
}

const CONVERSATIONS: readonly Conversation[] = [
  { port: 80, said: [
    ['c', `GET /${ALL}?q=${ALL} HTTP/1.1\r\nHost: ${MARK}\r\nUser-Agent: ${ALL}\r\nReferer: http://x/${ALL}\r\nCookie: ${MARK}=${MARK}\r\nX-Forwarded-For: ${MARK}\r\nX-${MARK}: ${ALL}\r\nAuthorization: Basic ${Buffer.from(`${MARK}:x`).toString('base64')}\r\n\r\n`],
    ['s', `HTTP/1.1 200 ${ALL}\r\nServer: ${ALL}\r\nContent-Type: text/html\r\nSet-Cookie: ${MARK}=1\r\nContent-Length: ${ALL.length}\r\n\r\n${ALL}`],
  ] },
  { port: 53, udp: true, said: [['c', dns(false)], ['s', dns(true)]] },
  { port: 443, said: [['c', clientHello()]] },
  { port: 25, said: [
    ['s', `220 ${ALL} ESMTP\r\n`], ['c', `EHLO ${MARK}\r\n`], ['s', '250 ok\r\n'], ['c', `MAIL FROM:<${MARK}@x.example>\r\n`], ['s', '250 ok\r\n'], ['c', `RCPT TO:<${MARK}@y.example>\r\n`], ['s', '250 ok\r\n'], ['c', 'DATA\r\n'], ['s', '354 go\r\n'],
    ['c', `From: ${ALL}\r\nTo: ${ALL}\r\nSubject: ${ALL}\r\nMessage-ID: <${MARK}>\r\nX-Mailer: ${ALL}\r\nMIME-Version: 1.0\r\nContent-Type: text/html; name="${MARK}.html"\r\nContent-Disposition: attachment; filename="${MARK}.html"\r\n\r\n${ALL}\r\n.\r\n`], ['s', `250 ${ALL}\r\n`], ['c', 'QUIT\r\n'],
  ] },
  { port: 21, said: [['s', `220 ${ALL}\r\n`], ['c', `USER ${ALL}\r\n`], ['s', `331 ${ALL}\r\n`], ['c', `PASS ${ALL}\r\n`], ['s', '230 in\r\n'], ['c', `RETR ${ALL}\r\n`]] },
  { port: 22, said: [['s', `SSH-2.0-${ALL}\r\n`], ['c', `SSH-2.0-${ALL}\r\n`]] },
  { port: 6667, said: [['c', `NICK ${MARK}\r\nUSER ${MARK} 0 * :${ALL}\r\nJOIN #${MARK}\r\n`], ['s', `:${MARK} 001 x :${ALL}\r\n`]] },
]

test('a capture whose every text is markup is shown as text, everywhere', async ({ viewer, page }) => {
  test.setTimeout(240_000)
  const dialogs: string[] = []
  page.on('dialog', (dialog) => { dialogs.push(dialog.message()); void dialog.dismiss() })
  const asked: string[] = []
  page.on('request', (request) => { if (/\/x(\?|$)/.test(new URL(request.url()).pathname)) asked.push(request.url()) })
  /** Nothing ran, nothing of it became an element, nothing was fetched for it. */
  const harmless = async (where: string): Promise<void> => {
    const found = await page.evaluate(() => ({
      ran: (window as unknown as { ran?: number }).ran ?? 0,
      elements: [...document.querySelectorAll('img, script, iframe, object, embed')].filter((one) => one.outerHTML.includes('window.ran') || one.getAttribute('src') === 'x').map((one) => one.outerHTML.slice(0, 80)),
      handlers: [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some((attribute) => /^on/i.test(attribute.name))).length,
    }))
    expect({ where, ...found, dialogs, asked }).toEqual({ where, ran: 0, elements: [], handlers: 0, dialogs: [], asked: [] })
  }

  const expression = await importCapture(page.request, 'hostile.pcap', capture(CONVERSATIONS, Date.now() - 3_600_000))
  const query = `date=-1&expression=${encodeURIComponent(expression)}`
  await viewer.open(query)
  const n = await viewer.count()
  expect(n).toBe(CONVERSATIONS.length)
  await expect(viewer.table).toContainText('<img src=x onerror=')
  await harmless('list')

  let shown = 0
  for (let i = 0; i < n; i++) {
    await viewer.openRow(i)
    await expect(page.getByTestId('fields')).toBeVisible()
    if ((await page.getByTestId('fields').textContent())?.includes('<img src=x')) shown++
    await harmless(`fields of ${i}`)
    await page.keyboard.press('2')
    await expect(page.getByTestId('perf')).toBeVisible()
    await harmless(`performance of ${i}`)
    await page.keyboard.press('3')
    await expect(page.getByRole('tabpanel')).toContainText(/\S/)
    await page.waitForLoadState('networkidle')
    await harmless(`packets of ${i}`)
    await page.keyboard.press('1')
    await page.keyboard.press('Escape')
    await expect(viewer.detail).toBeHidden()
  }
  expect(shown, 'sessions that show the markup as text').toBeGreaterThanOrEqual(4)

  // A value of markup in the menu, as a term, as a tooltip and among the most frequent values.
  await viewer.open(`${query}&cols=firstPacket,http.useragent,host.http,http.uri,email.subject,host.dns,ssh.ver`)
  const value = viewer.table.getByRole('button', { name: /<img src=x/ }).first()
  await value.click()
  await expect(page.getByTestId('value-menu')).toContainText('<img src=x')
  await harmless('menu')
  await page.getByTestId('value-menu').getByRole('menuitem', { name: 'And this' }).click()
  await viewer.settled()
  await expect(viewer.expression).toContainText('<img src=x')
  expect(await viewer.count()).toBeGreaterThan(0)
  await harmless('expression')

  // Every page that looks at sessions.
  for (const path of ['overview', 'spiview', 'spigraph?exp=http.useragent', 'connections', 'map']) {
    await page.goto(`/${path}${path.includes('?') ? '&' : '?'}${query}`)
    await page.waitForLoadState('networkidle')
    await page.waitForTimeout(500)
    await harmless(path)
  }

  // A hostile link.
  await page.goto(`/sessions?date=-1&expression=${encodeURIComponent(ALL)}&cols=${encodeURIComponent(ALL)}&order=${encodeURIComponent(ALL)}&open=${encodeURIComponent(ALL)}&viewId=${encodeURIComponent(ALL)}`)
  await page.waitForLoadState('networkidle')
  await harmless('link')
})

test('a table of it has no formula for a spreadsheet', async ({ viewer, page }) => {
  expect(viewer).toBeTruthy()
  const expression = await importCapture(page.request, 'formula.pcap', capture([
    { port: 80, said: [['c', 'GET /a HTTP/1.1\r\nHost: x.example\r\nUser-Agent: =cmd|\' /C calc\'!A0\r\n\r\n'], ['s', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n']] },
  ], Date.now() - 3_500_000))
  const csv = await (await page.request.get(`/api/sessions.csv?${new URLSearchParams({ date: '-1', expression, fields: 'http.useragent' })}`)).text()
  expect(csv).toContain('cmd|')
  expect(csv).not.toMatch(/(^|,)"?=cmd/m)
})
