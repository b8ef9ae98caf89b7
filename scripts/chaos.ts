/**
 * `npm run chaos [-- SECONDS [SEED...]]`: the chaos test for longer than `npm test` has time for, once for each seed;
 * 120 s and seed 1 by default. Stops at the first seed that fails.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { nodeArguments } from './node24.mjs'

const help = `npm run chaos [-- SECONDS [SEED...]]: processes are killed and paused while events come in; nothing may be lost

  SECONDS   how long, for each seed (default 120)
  SEED      what is killed when follows from it (default 1); several run one after the other until one fails
  --help    this text`

const given = process.argv.slice(2)
if (given.includes('--help')) {
  console.log(help)
  process.exit()
}
const wrong = given.find((text) => !/^\d+$/.test(text))
if (wrong !== undefined) {
  console.error(`npm run chaos: got '${wrong}', want a whole number; --help says which`)
  process.exit(1)
}
const [seconds = '120', ...seeds] = given
const argv = ['node_modules/vitest/vitest.mjs', 'run', 'test/processes/chaos.test.ts']
for (const seed of seeds.length === 0 ? ['1'] : seeds) {
  console.log(`seed ${seed}`)
  const child = spawn(process.execPath, [...nodeArguments, ...argv], {
    cwd: dirname(import.meta.dirname),
    stdio: 'inherit',
    env: { ...process.env, ANABRANCH_CHAOS_SECONDS: seconds, ANABRANCH_CHAOS_SEED: seed },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 1
  if (process.exitCode !== 0) break
}
