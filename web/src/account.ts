// Who is logged in, and what the server says about itself.

import { reactive } from 'vue'
import * as api from '@/api'
import { login, type LoginAnswer } from '@/api/access'
import type { AppInfo, User } from '@/api/types'

export const account = reactive<{ user: User | null; asked: boolean; info: AppInfo | null }>({
  user: null,
  asked: false,
  info: null,
})

/** Asks once; afterwards answers from memory. A server that cannot be reached throws. */
export async function loadAccount(): Promise<User | null> {
  if (account.asked) return account.user
  try {
    account.user = await api.currentUser()
  } catch (error) {
    if (!(error instanceof api.ApiError) || ![401, 403].includes(error.status)) throw error
    account.user = null
  }
  account.asked = true
  return account.user
}

/** Roles that stand for others, as the server counts them. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  superAdmin: ['usersAdmin', 'dbAdmin', 'arkimeAdmin', 'arkimeUser'],
  arkimeAdmin: ['arkimeUser'],
}

export function hasRole(role: string, user: User | null = account.user): boolean {
  return (user?.roles ?? []).some((own) => own === role || IMPLIED[own]?.includes(role))
}

/** May see and change what belongs to others. */
export const isAdmin = (user: User | null = account.user): boolean => hasRole('arkimeAdmin', user) || hasRole('usersAdmin', user)

/** Begins a log-in; `code` is of the second factor. */
export async function logIn(user: string, password: string, code?: string): Promise<LoginAnswer> {
  const answer = await login(user, password, code)
  // the log-in answers who one is; the rights stand in the whole user
  account.user = await api.currentUser()
  account.asked = true
  return answer
}

export async function logOut(): Promise<void> {
  await api.logout()
  forgetAccount()
}

export function forgetAccount(): void {
  account.user = null
  account.asked = true
}

export async function loadInfo(): Promise<void> {
  if (account.info) return
  try {
    account.info = await api.appInfo()
  } catch {
    // Only the version shown in the menu comes from it.
  }
}
