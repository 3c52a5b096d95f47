import { Users } from '@lucide/vue'
import { hasRole } from '@/account'
import type { Page } from '@/pages'

export default { name: 'users', path: 'users', load: () => import('./UsersPage.vue'), icon: Users, place: 'account', order: 20, keys: 'g p', may: (user) => hasRole('usersAdmin', user) } satisfies Page
