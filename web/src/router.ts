import { createRouter, createWebHistory } from 'vue-router'
import { whenUnauthorized } from '@/api'
import { PAGES } from '@/pages'
import { rememberSearch } from '@/search/useSearch'
import { forgetAccount, loadAccount } from './account'

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/login', name: 'login', component: () => import('@/pages/login/LoginPage.vue'), meta: { open: true } },
    {
      path: '/',
      component: () => import('@/shell/Shell.vue'),
      children: [
        { path: '', redirect: (to) => ({ name: 'overview', query: to.query }) },
        ...PAGES.map((page) => ({ path: page.path, name: page.name, component: page.load, meta: { search: page.search } })),
        { path: ':rest(.*)*', name: 'nowhere', component: () => import('@/shell/NotFound.vue') },
      ],
    },
  ],
})

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  // the page is on its way while the server is asked who this is
  for (const { components } of to.matched) if (typeof components?.default === 'function') void (components.default as () => Promise<unknown>)().catch(() => undefined)
  try {
    if (await loadAccount()) return true
  } catch {
    return true // the page itself says that the server does not answer
  }
  return { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
})

router.afterEach(rememberSearch)

whenUnauthorized(() => {
  forgetAccount()
  const at = router.currentRoute.value
  if (at.name !== 'login') void router.push({ name: 'login', query: { next: at.fullPath } })
})

/** Only a path of this site: a link must not carry the user elsewhere after the log-in. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/'
}
