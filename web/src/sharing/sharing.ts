// Who an object is shared with, as a form holds it and as the server takes it.

import type { Sharing } from '@/api/saved'

export interface SharingForm {
  /** Ids, separated by commas. */
  users: string
  roles: string[]
  editRoles: string[]
}

export const names = (list: string | readonly string[] | undefined | null): string[] =>
  [...new Set((typeof list === 'string' ? list.split(',') : (list ?? [])).map((name) => name.trim()).filter(Boolean))]

export function sharingForm(of: Sharing = {}): SharingForm {
  return { users: names(of.users).join(', '), roles: names(of.roles), editRoles: names(of.editRoles) }
}

/** Arkime takes users as one text. */
export function sharingOf(form: SharingForm): Sharing {
  return { users: names(form.users).join(','), roles: [...form.roles], editRoles: [...form.editRoles] }
}

export const isShared = (one: Sharing): boolean => names(one.users).length + names(one.roles).length > 0
