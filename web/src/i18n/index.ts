// Texts of the viewer. Both catalogues are part of the bundle: they are small, and switching needs no request.

import { watch } from 'vue'
import { createI18n } from 'vue-i18n'
import { preferences } from '@/design/preferences'
import { en, zh } from './catalogues'

export const i18n = createI18n({
  legacy: false,
  locale: preferences.locale,
  fallbackLocale: 'en',
  messages: { en, zh },
  missingWarn: import.meta.env.DEV,
})

watch(
  () => preferences.locale,
  (locale) => {
    i18n.global.locale.value = locale
    document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en'
  },
  { immediate: true },
)
