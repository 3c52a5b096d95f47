import { UsersRound } from '@lucide/vue'
import { hasRole } from '@/account'
import type { Page } from '@/pages'

// Who administers users does all of this, and more, on the page of users.
export default { name: 'roles', path: 'roles', load: () => import('./RolesPage.vue'), icon: UsersRound, place: 'account', order: 21, may: (user) => Boolean(user.assignableRoles?.length) && !hasRole('usersAdmin', user) } satisfies Page
