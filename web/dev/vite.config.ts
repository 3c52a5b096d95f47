// `npm run dev`: the viewer with a made-up server behind it, or with a real one: HINDSIGHT_URL=http://127.0.0.1:8005 npm run dev
import { fileURLToPath } from 'node:url'
import { mergeConfig } from 'vite'
import base from '../vite.config.ts'
import { mockServer } from './mock.ts'

const real = process.env.HINDSIGHT_URL
/** As the server sends it, so that what it forbids shows here too. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

export default mergeConfig(base, {
  root: fileURLToPath(new URL('..', import.meta.url)),
  plugins: real ? [] : [mockServer()],
  server: { port: 5173, host: '127.0.0.1', proxy: real ? { '/api': real } : undefined },
  preview: { headers: { 'content-security-policy': POLICY }, port: 4173, host: '127.0.0.1', proxy: real ? { '/api': real } : undefined },
})
