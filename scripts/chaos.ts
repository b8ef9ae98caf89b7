/** `npm run chaos [-- SECONDS [SEED]]`: the chaos test for longer than `npm test` has time for; 120 s by default. */
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'

const [seconds = '120', seed = '1'] = process.argv.slice(2)
const argv = ['node_modules/vitest/vitest.mjs', 'run', 'test/processes/chaos.test.ts']
const { status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...argv], {
  cwd: dirname(import.meta.dirname),
  stdio: 'inherit',
  env: { ...process.env, ANABRANCH_CHAOS_SECONDS: seconds, ANABRANCH_CHAOS_SEED: seed },
})
process.exitCode = status ?? 1
