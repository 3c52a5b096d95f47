// One place through which every request goes: cookies, CSRF, errors, 401.

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfter?: number,
    /** What else the answer holds. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

export type Query = Record<string, string | number | boolean | undefined>

let onUnauthorized: () => void = () => undefined

export function whenUnauthorized(handler: () => void): void {
  onUnauthorized = handler
}

export function queryString(query: object): string {
  const out = new URLSearchParams()
  for (const [key, value] of Object.entries(query as Query)) {
    if (value !== undefined && value !== '') out.set(key, String(value))
  }
  const text = out.toString()
  return text ? `?${text}` : ''
}

export function csrfHeaders(): Record<string, string> {
  const found = /(?:^|;\s*)HINDSIGHT-COOKIE=([^;]*)/.exec(document.cookie)
  return found ? { 'x-hindsight-cookie': decodeURIComponent(found[1] ?? '') } : {}
}

export function messageOf(text: string, status: number): string {
  try {
    const body = JSON.parse(text) as { text?: unknown; error?: unknown; message?: unknown }
    const message = body.text ?? body.error ?? body.message
    if (typeof message === 'string' && message) return message
  } catch {
    if (text && text.length < 500 && !text.startsWith('<')) return text
  }
  return `HTTP ${status}`
}

/** The object of an answer that is one. */
function detailsOf(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

export interface Options {
  method?: 'GET' | 'POST' | 'DELETE' | 'PUT'
  query?: object
  body?: unknown
  signal?: AbortSignal
  /** Log-in itself: its 401 is an answer, not the end of the session. */
  anonymous?: boolean
}

async function send(path: string, options: Options): Promise<Response> {
  const { method = 'GET', query = {}, body, signal, anonymous = false } = options
  const headers: Record<string, string> = { accept: 'application/json, text/plain' }
  if (method !== 'GET') Object.assign(headers, csrfHeaders())
  if (body !== undefined) headers['content-type'] = 'application/json'
  const response = await fetch(path + queryString(query), {
    method,
    headers,
    credentials: 'same-origin',
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  })
  if (response.ok) return response
  if (response.status === 401 && !anonymous) onUnauthorized()
  const retry = Number(response.headers.get('retry-after'))
  const said = await response.text()
  throw new ApiError(response.status, messageOf(said, response.status), retry || undefined, detailsOf(said))
}

export async function json<T>(path: string, options: Options = {}): Promise<T> {
  return (await (await send(path, options)).json()) as T
}

export async function text(path: string, options: Options = {}): Promise<string> {
  return (await send(path, options)).text()
}

/** The first bytes of a long text, to the last whole line; the rest is not fetched. */
export async function head(path: string, limit: number, options: Options = {}): Promise<string> {
  const reader = (await send(path, options)).body?.getReader()
  if (!reader) return ''
  const decoder = new TextDecoder()
  let out = ''
  for (let size = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return out + decoder.decode()
    size += value.length
    out += decoder.decode(value, { stream: true })
    if (size > limit) {
      await reader.cancel()
      return out.slice(0, out.lastIndexOf('\n') + 1)
    }
  }
}

/** A short answer as bytes; null where it is longer than `limit`, and the rest is not fetched. */
export async function bytes(path: string, limit: number, options: Options = {}): Promise<Uint8Array | null> {
  const reader = (await send(path, options)).body?.getReader()
  const pieces: Uint8Array[] = []
  let size = 0
  for (; reader; ) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    size += value.length
    if (size > limit) {
      await reader.cancel()
      return null
    }
  }
  const out = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

export function describe(error: unknown): string {
  if (error instanceof Error) return error.message
  return String(error)
}
