import { defineConfig } from 'vitest/config'
import { notTestGlobs, serverTestGlobs } from './scripts/tidy/globs.ts'

// One file after the other: the servers are shared, and their figures are measured.
export default defineConfig({
  test: {
    setupFiles: ['./test/support/property-seed.ts'],
    include: serverTestGlobs,
    exclude: notTestGlobs,
    pool: 'threads',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
