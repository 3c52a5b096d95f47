// Users, roles, and what a user may know about others.

import { json, text } from './client'
import type { Rows, TableQuery } from './lists'

const part = encodeURIComponent

/** Rights that are switched on or off one by one; names are Arkime's. */
export const RIGHTS = ['enabled', 'webEnabled', 'headerAuthEnabled', 'emailSearch', 'packetSearch', 'removeEnabled', 'disablePcapDownload', 'hidePcap', 'hideFiles', 'hideStats'] as const
export type Right = (typeof RIGHTS)[number]

/** A user, or a role where the id begins with `role:`. */
export interface UserRow extends Partial<Record<Right, boolean>> {
  userId: string
  userName: string
  /** Narrows every search; empty for none. */
  expression?: string
  /** Hours; 0 for any. */
  timeLimit?: number
  roles?: string[]
  /** Users who may give the role to others. */
  roleAssigners?: string[]
  /** A second factor is asked for at log-in. */
  totpEnabled?: boolean
  totpRequired?: boolean
  /** Epoch milliseconds. */
  created?: number
  lastUsed?: number
  /** Where the server answers about one role: whether the user has it. */
  hasRole?: boolean
}

export interface Role {
  text: string
  value: string
  userDefined: boolean
}

export interface UserName {
  userId: string
  userName: string
}

export const users = (query: TableQuery & { roleId?: string }, signal?: AbortSignal): Promise<Rows<UserRow>> => json('/api/users', { method: 'POST', body: query, signal })

export const userNames = async (filter = ''): Promise<UserName[]> => (await json<{ data: UserName[] }>('/api/users/min', { method: 'POST', body: { filter } })).data

export const roles = async (): Promise<Role[]> => (await json<{ roles: Role[] }>('/api/user/roles')).roles

export const createUser = (user: UserRow & { password?: string }): Promise<{ text: string }> => json('/api/user', { method: 'POST', body: user })

export const changeUser = (id: string, user: Partial<UserRow>): Promise<{ text: string }> => json(`/api/user/${part(id)}`, { method: 'POST', body: user })

export const removeUser = (id: string): Promise<{ text: string }> => json(`/api/user/${part(id)}`, { method: 'DELETE' })

/** Another user's password, set by an administrator. */
export const resetPassword = (userId: string, newPassword: string): Promise<{ text: string }> =>
  json('/api/user/password', { method: 'POST', query: { userId }, body: { newPassword } })

export const assignRole = (userId: string, roleId: string, newRoleState: boolean): Promise<{ text: string }> =>
  json(`/api/user/${part(userId)}/assignment`, { method: 'POST', body: { roleId, newRoleState } })

/** The table as a file. */
export const usersCsv = (): Promise<string> => text('/api/users.csv', { method: 'POST' })
