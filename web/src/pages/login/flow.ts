// The steps of a log-in: password, code, setting up a second factor, its recovery codes.

import { ApiError } from '@/api/client'

export type Step = 'password' | 'code' | 'enroll' | 'recovery'

/** Whether the server asks for a code: a 401 that says so. */
export function asksForCode(problem: unknown): boolean {
  return problem instanceof ApiError && problem.status === 401 && problem.details.totp === true
}

/** Seconds until the server lets this name try again; 0 when it does. */
export function lockedFor(problem: unknown): number {
  return problem instanceof ApiError && problem.status === 429 ? (problem.retryAfter ?? 30) : 0
}

const FAILED = ['provider', 'token', 'refused', 'error'] as const

/** What the way back from a provider says went wrong: only what the server is known to say. */
export function failure(said: unknown): (typeof FAILED)[number] | null {
  return FAILED.find((one) => one === said) ?? (typeof said === 'string' && said ? 'error' : null)
}

/** A secret in groups of four, as it is easier to type. */
export function grouped(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ')
}
