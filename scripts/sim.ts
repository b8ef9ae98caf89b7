/**
 * `npm run sim -- SEED [--seeds N] [--bug NAME] [--crash AWAIT] [--trace]`: runs histories of the simulator and prints what they
 * went through.
 *
 * Exits 1 when a history broke a promise, or, with `--bug`, when none did.
 */
import { parseArgs } from 'node:util'
import { findBug } from '../sim/bugs/find.ts'
import { bugs } from '../sim/bugs/list.ts'
import { cover } from '../sim/cover.ts'
import { type History, runHistory } from '../sim/history.ts'
import type { WorldOptions } from '../sim/world.ts'

const help = `npm run sim -- SEED [options]
npm run sim -- operator SEED [options]   (sim/operator/: the operator on a simulated API server)

One seed is one history: a log process, two replicas of each shard, an operator that names the primary, clients
and queriers, and the faults that the seed chooses. It is run twice and must have the same trace hash.

  --seeds N      N seeds from SEED on, then a crash at each await that they reached and did not crash at
  --crash AWAIT  crash when a process first comes to this await, such as 'log opening disk sync folder log before';
                 given several times: at one after the other
  --trace        print every step
  --bug NAME     plant a bug, and stop at the first of the seeds (300 by default) that finds it:
${Object.entries(bugs)
  .map(([name, { story }]) => `                 ${name.padEnd(22)} ${story}`)
  .join('\n')}
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string' },
    crash: { type: 'string', multiple: true },
    bug: { type: 'string' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (positionals[0] === 'operator') {
  const { simulateOperator } = await import('./sim-operator.ts')
  await simulateOperator(positionals[1], values)
  process.exit()
}

const first = Number(positionals[0])
const count = Number(values.seeds ?? 300)
if (values.help) console.log(help)
else if (positionals.length !== 1 || !Number.isSafeInteger(first) || !(count >= 1)) fail(`want one SEED\n\n${help}`)
else if (values.bug !== undefined && bugs[values.bug] === undefined) fail(`no such bug\n\n${help}`)
else if (values.bug !== undefined) await find(values.bug)
else if (values.seeds !== undefined) await runMany()
else await runOne()

async function runOne(): Promise<void> {
  const options: WorldOptions = { crashAt: values.crash ?? [] }
  const history = await runHistory(first, { ...options, ...(values.trace ? { onTrace: console.log } : {}) })
  const again = await runHistory(first, options)
  if (history.failure !== undefined) report(history)
  else console.log(`${history.coverage}\n\nseed ${first}: ${history.steps} steps, every promise held`)
  console.log(`trace ${history.trace}, then ${again.trace}`)
  if (again.trace !== history.trace) fail('two runs of one seed differ: the simulator is broken')
}

async function runMany(): Promise<void> {
  const { coverage, histories, steps, broken } = await cover(first, count)
  console.log(`${coverage}\n`)
  if (broken !== undefined) return report(broken)
  const never = coverage.neverCrashed()
  console.log(`${coverage.awaits.size} awaits, never crashed at: ${never.join(' · ') || 'none'}`)
  console.log(`${count} seeds from ${first}, ${histories} histories, ${steps} steps, every promise held`)
}

async function find(name: string): Promise<void> {
  const history = await findBug(bugs[name]!, first, count)
  if (history === undefined) return fail(`the bug ${name} was not found by ${count} seeds from ${first}`)
  report(history)
  process.exitCode = 0
}

function report({ seed, crashAt, failure, tail, steps }: History): void {
  console.log(`${tail.slice(-60).join('\n')}\n`)
  console.log(`seed ${seed}, step ${steps}: ${failure?.stack}\n`)
  const bug = values.bug === undefined ? '' : ` --bug ${values.bug}`
  const crash = crashAt.map((label) => ` --crash '${label}'`).join('')
  console.log(`again: npm run sim -- ${seed}${bug}${crash} --trace`)
  process.exitCode = 1
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
