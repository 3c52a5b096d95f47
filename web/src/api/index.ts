import { ApiError, bytes, csrfHeaders, head, json, messageOf, queryString, text } from './client'
import type { FleetAnswer } from './fleet'
import type { StoreHealth } from './store'
import type {
  AppInfo, CommonQuery, Completion, ExportCheck, ExportFormat, ExportQuery, Field, FilesAnswer, Job, PacketsAnswer,
  SessionDoc, SessionsAnswer, SessionsQuery, Side, UploadAnswer, User, Validation,
} from './types'
import type { LinesAnswer, LossesAnswer, NodesAnswer, StatsQuery, StatsSeries } from './statistics'

export * from './analysis'
export * from './statistics'
export * from './types'
export { ApiError, describe, isAbort, whenUnauthorized } from './client'

const part = encodeURIComponent
/** `3@…` stays readable in a path. */
const idPart = (id: string): string => part(id).replaceAll('%40', '@').replaceAll('%3A', ':')

/** Where the parts of a session are asked for. */
export const sessionPath = (node: string, id: string): string => `/api/session/${part(node)}/${idPart(id)}`

export const logout = (): Promise<string> => text('/api/logout', { method: 'POST', anonymous: true })

export const currentUser = (): Promise<User> => json('/api/user', { anonymous: true })

export const appInfo = (): Promise<AppInfo> => json('/api/appinfo', { query: { fields: 'false' } })

export const fields = (): Promise<Field[]> => json('/api/fields', { query: { array: true } })

export const sessions = (query: SessionsQuery, signal?: AbortSignal): Promise<SessionsAnswer> =>
  json('/api/sessions', { query, signal })

export const session = (id: string, signal?: AbortSignal): Promise<SessionDoc> =>
  json(`/api/session/${idPart(id)}`, { signal })

export const cancel = (cancelId: string): Promise<string> => text('/api/cancel', { method: 'POST', query: { cancelId } })

export const complete = (
  query: CommonQuery & { text: string; cursor: number },
  signal?: AbortSignal,
): Promise<Completion> => json('/api/complete', { query, signal })

export const validate = (expression: string, signal?: AbortSignal): Promise<Validation> =>
  json('/api/validate', { query: { expression }, signal })

export const packets = (
  node: string,
  id: string,
  query: { view: 'packets' | 'reassembled'; limit: number; start?: number; gzip?: 1; decrypt?: 1; decode?: string },
  signal?: AbortSignal,
): Promise<PacketsAnswer> =>
  json(`/api/session/${part(node)}/${idPart(id)}/packets`, { query: { format: 'json', ...query }, signal })

export const rawUrl = (node: string, id: string, type: Side): string =>
  `/api/session/raw/${part(node)}/${idPart(id)}${queryString({ type })}`

/** The payload of one side; null where it is longer than `limit`. */
export const rawBytes = (node: string, id: string, type: Side, limit: number, signal?: AbortSignal): Promise<Uint8Array | null> => bytes(rawUrl(node, id, type), limit, { signal })

export const exportCheck = (query: ExportQuery, signal?: AbortSignal): Promise<ExportCheck> =>
  json('/api/export/check', { query, signal })

export const exportUrl = (format: ExportFormat, query: ExportQuery): string =>
  `/api/sessions.${format}${queryString(query)}`

export const files = (
  query: { start: number; length: number; sortField: string; desc: boolean; filter?: string },
  signal?: AbortSignal,
): Promise<FilesAnswer> => json('/api/files', { query, signal })

/** A field may have as many values as there are sessions; more than this nobody reads in a dialog. */
const MAX_UNIQUE = 4 << 20

/** `posted`: a long expression does not fit into an address. */
export const unique = async (query: CommonQuery & { exp: string; size?: number }, signal?: AbortSignal, posted = false): Promise<[value: string, count: number][]> =>
  parseCounts(await head('/api/unique', MAX_UNIQUE, posted ? { method: 'POST', body: { ...query, counts: 1 }, signal } : { query: { ...query, counts: 1 }, signal }))

/** Lines `value, n`; the value itself may hold commas. */
export function parseCounts(lines: string): [value: string, count: number][] {
  return lines.split('\n').filter(Boolean).map((line) => {
    const cut = line.lastIndexOf(', ')
    const count = Number(line.slice(cut + 2))
    return cut < 0 || !Number.isFinite(count) ? [line, 0] : [line.slice(0, cut), count]
  })
}

export const stats = (signal?: AbortSignal): Promise<NodesAnswer> => json('/api/stats', { signal })

export const statsSeries = (query: StatsQuery, signal?: AbortSignal): Promise<StatsSeries> => json('/api/stats/series', { query, signal })

export const statsLines = (query: StatsQuery, signal?: AbortSignal): Promise<LinesAnswer> => json('/api/stats/lines', { query, signal })

export const storeHealth = (signal?: AbortSignal): Promise<StoreHealth> => json('/api/store/health', { signal })

export const fleet = (signal?: AbortSignal): Promise<FleetAnswer> => json('/api/nodes', { signal })

export const approveNode = (name: string): Promise<unknown> => json(`/api/nodes/${part(name)}/approve`, { method: 'POST' })

export const removeNode = (name: string): Promise<unknown> => json(`/api/nodes/${part(name)}`, { method: 'DELETE' })

export const statsLosses = (query: StatsQuery, signal?: AbortSignal): Promise<LossesAnswer> => json('/api/stats/losses', { query, signal })

/** Settings of the user, or for those who administer users of another one. */
export const userSettings = (userId?: string): Promise<Record<string, unknown>> => json('/api/user/settings', { query: { userId } })

export const saveUserSettings = (settings: object, userId?: string): Promise<string> =>
  text('/api/user/settings', { method: 'POST', query: { userId }, body: settings })

export const changePassword = (currentPassword: string, newPassword: string): Promise<{ success: boolean; text?: string }> =>
  json('/api/user/password', { method: 'POST', body: { currentPassword, newPassword } })

export const job = (id: string, signal?: AbortSignal): Promise<Job> => json(`/api/jobs/${part(id)}`, { signal })

export const cancelJob = (id: string): Promise<string> => text(`/api/jobs/${part(id)}/cancel`, { method: 'POST' })

/** XMLHttpRequest because fetch cannot say how far an upload is. */
export function upload(
  file: File,
  tags: string,
  onProgress: (sent: number, total: number) => void,
  signal: AbortSignal,
  devid?: number,
): Promise<UploadAnswer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', '/api/upload')
    for (const [name, value] of Object.entries(csrfHeaders())) request.setRequestHeader(name, value)
    request.upload.onprogress = (event) => onProgress(event.loaded, event.total || file.size)
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as UploadAnswer)
      else reject(new ApiError(request.status, messageOf(request.responseText, request.status)))
    }
    request.onerror = () => reject(new ApiError(0, 'network'))
    request.onabort = () => reject(new DOMException('cancelled', 'AbortError'))
    signal.addEventListener('abort', () => request.abort())
    const form = new FormData()
    if (tags) form.append('tags', tags)
    if (devid !== undefined) form.append('devid', String(devid))
    form.append('file', file, file.name)
    request.send(form)
  })
}
