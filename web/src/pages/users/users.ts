// A user or role as the form holds it, and what the server is told.

import { RIGHTS, type Right, type UserRow } from '@/api/users'

/** Rights that widen what a user may do, and those that narrow it; shown apart. */
export const GRANTS = ['enabled', 'webEnabled', 'headerAuthEnabled', 'emailSearch', 'packetSearch', 'removeEnabled'] as const
export const LIMITS = ['disablePcapDownload', 'hidePcap', 'hideFiles', 'hideStats'] as const

/** Hours that a search may reach back; 0 for any. */
export const TIME_LIMITS = [0, 1, 6, 12, 24, 48, 72, 168, 336, 720, 1440, 4380, 8760] as const

/** NIST SP 800-63B: length is what counts. */
export const SHORTEST_PASSWORD = 8

export interface UserForm extends Record<Right, boolean> {
  userId: string
  userName: string
  expression: string
  timeLimit: number
  roles: string[]
  /** Ids, separated by commas; only of a role. */
  roleAssigners: string
  totpRequired: boolean
  password: string
}

export const isRole = (id: string): boolean => id.startsWith('role:')

/** Whether a user has a role, from either answer: about all of the user's roles, or about the one that was asked for. */
export const hasIt = (user: UserRow, role: string): boolean => user.hasRole ?? Boolean(user.roles?.includes(role))

export function emptyForm(role: boolean): UserForm {
  const rights = Object.fromEntries(RIGHTS.map((right) => [right, false])) as Record<Right, boolean>
  return {
    ...rights, enabled: true, webEnabled: true, emailSearch: !role, packetSearch: !role,
    userId: '', userName: '', expression: '', timeLimit: 0, roles: role ? [] : ['arkimeUser'], roleAssigners: '', totpRequired: false, password: '',
  }
}

export function formOf(user: UserRow): UserForm {
  const rights = Object.fromEntries(RIGHTS.map((right) => [right, Boolean(user[right])])) as Record<Right, boolean>
  return {
    ...rights, userId: user.userId, userName: user.userName, expression: user.expression ?? '', timeLimit: user.timeLimit ?? 0,
    roles: [...(user.roles ?? [])], roleAssigners: (user.roleAssigners ?? []).join(', '), totpRequired: Boolean(user.totpRequired), password: '',
  }
}

/** What is wrong, as a key of the texts `users.wrong`; empty when it can be sent. */
export function wrongWith(form: UserForm, isNew: boolean, role: boolean): '' | 'id' | 'name' | 'password' {
  if (isNew && !/^[\p{L}\p{N}@\-_.]+$/u.test(form.userId.replace(/^role:/, ''))) return 'id'
  if (!form.userName.trim()) return 'name'
  if (isNew && !role && form.password.length < SHORTEST_PASSWORD) return 'password'
  return ''
}

/** The user of a form. A forced expression that was taken out is sent as null: an empty text would be one more expression to read. */
export function userOf(form: UserForm, isNew: boolean, role: boolean): UserRow & { password?: string } {
  const rights = Object.fromEntries(RIGHTS.map((right) => [right, form[right]])) as Record<Right, boolean>
  const id = form.userId.trim()
  return {
    ...rights,
    userId: role && !isRole(id) ? `role:${id}` : id,
    userName: form.userName.trim(),
    expression: form.expression.trim() || (null as unknown as undefined),
    timeLimit: form.timeLimit || (null as unknown as undefined),
    roles: form.roles,
    ...(role ? { roleAssigners: form.roleAssigners.split(',').map((one) => one.trim()).filter(Boolean) } : { totpRequired: form.totpRequired }),
    ...(isNew && !role ? { password: form.password } : {}),
  }
}

/** Rights in the table, as short marks: what is granted beyond the usual, and what is taken. */
export function marksOf(user: UserRow): { key: Right; tone: 'good' | 'warn' | 'bad' }[] {
  const marks: { key: Right; tone: 'good' | 'warn' | 'bad' }[] = []
  if (!user.enabled) marks.push({ key: 'enabled', tone: 'bad' })
  else if (!user.webEnabled && !isRole(user.userId)) marks.push({ key: 'webEnabled', tone: 'bad' })
  for (const right of ['removeEnabled', 'packetSearch', 'emailSearch'] as const) if (user[right]) marks.push({ key: right, tone: 'good' })
  for (const right of LIMITS) if (user[right]) marks.push({ key: right, tone: 'warn' })
  return marks
}
