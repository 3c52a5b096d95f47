// Roles and users of this server, asked for once by the first form that needs them.

import { shallowRef } from 'vue'
import { roles, userNames, type Role, type UserName } from '@/api/users'

export const knownRoles = shallowRef<Role[]>([])
export const knownUsers = shallowRef<UserName[]>([])

/** A form without suggestions still works: what is typed is checked by the server. */
export async function loadKnown(): Promise<void> {
  const [found, people] = await Promise.allSettled([roles(), userNames()])
  if (found.status === 'fulfilled') knownRoles.value = found.value
  if (people.status === 'fulfilled') knownUsers.value = people.value
}
