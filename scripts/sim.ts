/**
 * `npm run sim -- SEED [--seeds N] [--bug NAME] [--trace]`: runs histories of the simulator and prints what they went through.
 *
 * Exits 1 when a history broke a promise, or, with `--bug`, when none did.
 * One seed is run twice and must have one trace hash.
 */
import { parseArgs } from 'node:util'
import { type BugName, bugNames, bugs } from '../sim/bugs.ts'
import { type History, runHistory } from '../sim/history.ts'
import { Coverage } from '../sim/kernel/coverage.ts'

const help = `npm run sim -- SEED [options]

One seed is one history: a log process, two would-be primaries of each shard, clients and queriers, and the
faults that the seed chooses. The history is run twice and must have the same trace hash.

  --seeds N     run N seeds from SEED on, each once, and print their coverage together
  --bug NAME    plant a bug and stop at the first seed that finds it: ${bugNames.join(', ')}
  --trace       print every step
  --help        this text
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1' },
    bug: { type: 'string' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const first = Number(positionals[0])
const count = Number(values.seeds)
if (values.help) console.log(help)
else if (positionals.length !== 1 || !Number.isSafeInteger(first) || !(count >= 1)) fail(`want one SEED\n\n${help}`)
else if (values.bug !== undefined && !bugNames.includes(values.bug as BugName)) fail(`no such bug\n\n${help}`)
else await run()

async function run(): Promise<void> {
  const coverage = new Coverage()
  let steps = 0
  for (let seed = first; seed < first + count; seed++) {
    const history = await once(seed)
    coverage.add(history.coverage)
    steps += history.steps
    if (history.failure !== undefined) return report(history)
    if (count === 1) await again(history)
  }
  console.log(`${coverage}\n`)
  const never = coverage.neverCrashed()
  if (count > 1 && never.length > 0) console.log(`reached, never crashed at: ${never.join(' · ')}`)
  console.log(`${count} seeds from ${first}, ${steps} steps, every promise held`)
  if (values.bug !== undefined) fail(`the bug ${values.bug} was not found`)
}

function once(seed: number): Promise<History> {
  const seams = values.bug === undefined ? {} : bugs[values.bug as BugName].seams()
  return runHistory(seed, { seams, ...(values.trace ? { onTrace: console.log } : {}) })
}

/** A history that differs from itself is not reproducible: the simulator is broken. */
async function again(history: History): Promise<void> {
  const second = await runHistory(history.seed, {})
  console.log(`trace ${history.trace}, then ${second.trace}\n`)
  if (second.trace !== history.trace) fail('two runs of one seed differ')
}

function report({ seed, failure, tail, steps }: History): void {
  console.log(`${tail.slice(-60).join('\n')}\n`)
  console.log(`seed ${seed}, step ${steps}: ${failure?.stack}\n`)
  console.log(`again: npm run sim -- ${seed}${values.bug === undefined ? '' : ` --bug ${values.bug}`} --trace`)
  if (values.bug === undefined) process.exitCode = 1
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
