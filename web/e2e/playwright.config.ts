// Browser tests against a running `hindsight serve`: HINDSIGHT_URL, HINDSIGHT_USER, HINDSIGHT_PASSWORD say where and as whom.
// With Debian's chromium, so that nothing is downloaded.

import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: '.',
  outputDir: 'results',
  timeout: 60_000,
  expect: { timeout: 20_000 },
  fullyParallel: false,
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  use: {
    baseURL: process.env.HINDSIGHT_URL ?? 'http://127.0.0.1:8005',
    locale: 'en-US',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] },
  },
  projects: [
    { name: 'data', testMatch: 'data.setup.ts' },
    { name: 'viewer', testMatch: '*.spec.ts', dependencies: ['data'] },
    // `npm run shots`: pictures of every page for a look, and the one of the README.
    { name: 'shots', testMatch: 'screenshot.ts' },
    // `npm run paint`: bytes and times of the first page, frames of the graph.
    { name: 'paint', testMatch: ['first-paint.ts', 'graph-speed.ts'] },
  ],
})
