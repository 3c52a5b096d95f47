import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: 'true', // Reka UI and vue-router still have components in that style
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
  },
  test: { include: ['src/**/*.test.ts'] },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // light-dark()
    assetsInlineLimit: 0, // no data: URLs for fonts and images: the CSP stays narrow
    modulePreload: { polyfill: false }, // the polyfill is an inline script
    rolldownOptions: {
      output: {
        // What changes with the libraries is apart from what changes with the viewer; the editor and the chart load beside their page.
        codeSplitting: {
          groups: [
            { name: 'editor', test: /node_modules[\\/](@codemirror|@lezer|style-mod|w3c-keyname|crelt)/ },
            { name: 'chart', test: /node_modules[\\/]uplot/ },
            { name: 'kit', test: /node_modules[\\/](reka-ui|@floating-ui|@internationalized|@vueuse|aria-hidden|@tanstack)/ },
            // Eighty small files cost a browser more than a few: what nearly every page needs comes together, and so do the icons.
            { name: 'icons', test: /node_modules[\\/]@lucide/ },
            { name: 'vue', test: /node_modules[\\/](@?vue|vue-|@intlify)/ },
            { name: 'base', test: /[\\/]src[\\/](api|design|i18n|tables|catalog|settings|account|router|upload|shell)[\\/.]/ },
            { name: 'search', test: /[\\/]src[\\/](search[\\/](?!editor|ExpressionBar|SearchBar)|sharing[\\/])/ },
          ],
        },
      },
    },
  },
})
