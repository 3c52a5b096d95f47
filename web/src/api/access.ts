// Log-in, and the second factor and API tokens of a user.

import { json } from './client'
import type { User } from './types'

/** What the log-in page offers. */
export interface LoginWays {
  form: boolean
  message: string
  oidc: { label: string } | null
}

export interface LoginAnswer {
  user: User
  /** Nothing can be done before a second factor is set up. */
  enroll: boolean
}

export const loginWays = (): Promise<LoginWays> => json('/api/login', { anonymous: true })

export const login = (user: string, password: string, code?: string): Promise<LoginAnswer> =>
  json('/api/login', { method: 'POST', body: { user, password, code }, anonymous: true })

/** To the provider and back to a page of the viewer; a link, for it leads to another site. */
export const oidcUrl = (next: string): string => `/api/oidc/login?next=${encodeURIComponent(next)}`

export interface TotpStatus {
  enabled: boolean
  required?: boolean
  /** Epoch milliseconds. */
  since?: number | null
  recoveryLeft?: number
}

export interface TotpSetup {
  /** Base32, to be typed in where nothing can be scanned. */
  secret: string
  /** `otpauth:` */
  uri: string
  /** A path of an SVG of `size` by `size`; null where the text does not fit. */
  qr?: { size: number; path: string } | null
}

export const totpStatus = (): Promise<TotpStatus> => json('/api/user/totp/status')
export const setUpTotp = (): Promise<TotpSetup> => json('/api/user/totp/setup', { method: 'POST' })
export const confirmTotp = (code: string): Promise<{ recoveryCodes: string[] }> => json('/api/user/totp/confirm', { method: 'POST', body: { code } })
export const disableTotp = (code: string): Promise<unknown> => json('/api/user/totp/disable', { method: 'POST', body: { code } })
/** For those who administer users: a lost telephone. */
export const disableTotpOf = (userId: string): Promise<unknown> => json('/api/user/totp/disable', { method: 'POST', body: { userId } })

/** Times are epoch milliseconds. */
export interface ApiToken {
  id: string
  userId: string
  name: string
  scopes: string[]
  created: number
  expires: number
  lastUsed?: number | null
  lastAddress?: string | null
  expired?: boolean
}

export interface TokensAnswer {
  data: ApiToken[]
  /** All that a token can be given. */
  scopes?: string[]
  days?: number
  maxDays?: number
}

export const tokens = (userId?: string): Promise<TokensAnswer> => json('/api/user/tokens', { query: { userId } })
/** `token` is shown this once. */
export const createToken = (wish: { name: string; scopes: string[]; days: number }): Promise<{ token: string; data: ApiToken }> => json('/api/user/tokens', { method: 'POST', body: wish })
export const revokeToken = (id: string): Promise<unknown> => json(`/api/user/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' })
