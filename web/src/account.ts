// Who is logged in, and what the server says about itself.

import { reactive } from 'vue'
import * as api from '@/api'
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

export async function logIn(user: string, password: string): Promise<void> {
  account.user = (await api.login(user, password)).user
  account.asked = true
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
