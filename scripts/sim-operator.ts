/**
 * `npm run sim -- operator SEED [--seeds N] [--bug NAME] [--crash AWAIT] [--trace]`: histories of the operator.
 *
 * Exits 1 when a history broke a promise, or, with `--bug`, when none did.
 */
import { operatorBugs } from '../sim/operator/bugs/list.ts'
import { coverOperator } from '../sim/operator/cover.ts'
import { type OperatorHistory, runOperatorHistory } from '../sim/operator/history.ts'

export interface SimOptions {
  readonly seeds?: string | undefined
  readonly crash?: string[] | undefined
  readonly bug?: string | undefined
  readonly trace?: boolean | undefined
}

export async function simulateOperator(seed: string | undefined, options: SimOptions): Promise<void> {
  const [first, count] = [Number(seed), Number(options.seeds ?? 300)]
  if (seed === undefined || !Number.isSafeInteger(first) || !(count >= 1)) return fail('want operator SEED')
  if (options.bug !== undefined) return findBug(options.bug, { first, count })
  return options.seeds === undefined ? runOne(first, options) : runMany(first, count)
}

async function runOne(seed: number, { crash = [], trace }: SimOptions): Promise<void> {
  const history = await runOperatorHistory(seed, { crashAt: crash, ...(trace && { onTrace: console.log }) })
  const again = await runOperatorHistory(seed, { crashAt: crash })
  if (history.failure !== undefined) report(history)
  else console.log(`${history.coverage}\n\nseed ${seed}: ${history.steps} steps, every promise held`)
  console.log(`trace ${history.trace}, then ${again.trace}`)
  if (again.trace !== history.trace) fail('two runs of one seed differ: the simulator is broken')
}

async function runMany(first: number, count: number): Promise<void> {
  const { coverage, histories, steps, broken } = await coverOperator(first, count)
  console.log(`${coverage}\n`)
  if (broken !== undefined) return report(broken)
  console.log(`${count} seeds from ${first}, ${histories} histories, ${steps} steps, every promise held`)
}

async function findBug(name: string, { first, count }: { first: number; count: number }): Promise<void> {
  const bug = operatorBugs[name]
  if (bug === undefined) return fail(`no such bug; there are ${Object.keys(operatorBugs).join(', ')}`)
  for (let seed = first; seed < first + count; seed++) {
    const history = await runOperatorHistory(seed, { seams: bug.seams() })
    if (history.failure !== undefined) return report(history, 0)
  }
  fail(`the bug ${name} was not found by ${count} seeds from ${first}`)
}

function report({ seed, crashAt, failure, tail, steps }: OperatorHistory, exitCode = 1): void {
  console.log(`${tail.slice(-60).join('\n')}\n\nseed ${seed}, step ${steps}: ${failure?.stack}\n`)
  const crash = crashAt.map((label) => ` --crash '${label}'`).join('')
  console.log(`again: npm run sim -- operator ${seed}${crash} --trace`)
  process.exitCode = exitCode
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
