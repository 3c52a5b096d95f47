import '@/design/tokens.css'
import '@/design/base.css'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n } from './i18n'
import { router } from './router'

const app = createApp(App).use(i18n).use(router)
// until the first page is there, what index.html shows stays
void router.isReady().catch(() => undefined).then(() => app.mount('#app'))
