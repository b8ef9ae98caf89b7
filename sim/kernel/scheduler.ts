/**
 * The scheduler: every port call of a simulated process is an *operation* that waits here until it is picked.
 *
 * A step: let all code run to its next port call, then pick one operation that is due, by the seed, and
 * resolve it, or end the life that made it instead. Operations complete in any order, since any may be slow. Virtual
 * time moves when nothing is due, and sometimes before: then what is due is late.
 *
 * Does not: know what an operation does, or which faults there are (`intervene` does).
 */
import { bug } from '../../common/errors/errors.ts'
import type { SeededRandom } from '../random.ts'
import { bump, type Coverage } from './coverage.ts'
import type { Life } from './life.ts'
import type { Trace } from './trace.ts'
import { turn } from './turn.ts'

export interface Operation {
  /** Who waits for it; `undefined`: the world outside of all processes. */
  readonly life: Life | undefined
  readonly label: string
  /** Elapsed virtual ms before which it does not complete. */
  readonly due: number
  /** True for a request on its way through the network: it may arrive though its sender died. */
  readonly outlives: boolean
  readonly fire: () => void
}

export interface SchedulerOptions {
  readonly random: SeededRandom
  readonly trace: Trace
  readonly coverage: Coverage
  /** Probability that time moves to the next sleeper although something is due. */
  readonly hurry: () => number
  /** How likely the operations of a process are picked, relative to 1. */
  readonly weight: (life: Life | undefined) => number
  /** True when the life ends in the place of this operation. The scheduler then drops all that it waited for. */
  readonly intervene: (operation: Operation) => boolean
}

export class Scheduler {
  /** Virtual ms since the start. */
  elapsed = 0
  steps = 0
  readonly #options: SchedulerOptions
  #pending: Operation[] = []

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** Resolves when picked; never when the life has ended. */
  pass(life: Life | undefined, label: string, options: { ms?: number; outlives?: boolean } = {}): Promise<void> {
    return new Promise((resolve) => {
      this.add({
        life,
        label,
        due: this.elapsed + Math.max(0, options.ms ?? 0),
        outlives: options.outlives ?? false,
        fire: resolve,
      })
    })
  }

  /** Queues an operation and gives the way to take it back. */
  add(operation: Operation): () => void {
    if (operation.life?.alive === false) return () => undefined
    this.#pending.push(operation)
    return () => {
      this.#pending = this.#pending.filter((other) => other !== operation)
    }
  }

  /** Ends a life: its operations are dropped, but some of its requests are still delivered. */
  crash(life: Life): void {
    life.end()
    const { random } = this.#options
    this.#pending = this.#pending.filter(({ life: of, outlives }) => of !== life || (outlives && random.chance(0.5)))
  }

  /**
   * Steps until `isDone` or until nothing is left to happen. `observe` looks on after each step, while nothing moves. Throws `BugError` after
   * `stepsMax` steps of this call, and what `observe` throws.
   */
  async run(
    isDone: () => boolean,
    { stepsMax, observe }: { stepsMax: number; observe?: () => Promise<void> },
  ): Promise<'done' | 'idle'> {
    for (let step = 0; step < stepsMax; step++) {
      await turn()
      await observe?.()
      if (isDone()) return 'done'
      const operation = this.#pick()
      if (operation === undefined) return 'idle'
      this.#complete(operation)
    }
    await turn()
    const waiting = this.#pending.map(({ life, label }) => `${life ?? 'world'} ${label}`)
    return bug(`simulated: not done after ${stepsMax} steps, waiting for ${waiting.join(', ') || 'nothing'}`)
  }

  #pick(): Operation | undefined {
    if (this.#pending.length === 0) return undefined
    const { random, hurry, weight } = this.#options
    let due = this.#pending.filter((one) => dueOf(one) <= this.elapsed)
    const later = this.#pending.filter((one) => dueOf(one) > this.elapsed)
    if (due.length === 0 || (later.length > 0 && random.chance(hurry()))) {
      this.elapsed = Math.min(...later.map(dueOf))
      due = this.#pending.filter((one) => dueOf(one) <= this.elapsed)
    }
    const weights = due.map(({ life }) => weight(life))
    let left = random.fraction() * weights.reduce((sum, each) => sum + each, 0)
    const at = weights.findIndex((each) => {
      left -= each
      return left < 0
    })
    return due[at === -1 ? due.length - 1 : at]
  }

  #complete(operation: Operation): void {
    const { trace, coverage, intervene } = this.#options
    const { life, label } = operation
    this.#pending = this.#pending.filter((other) => other !== operation)
    this.steps++
    const name = life?.nameOf(label) ?? label
    const line = `${this.steps} ${this.elapsed.toFixed(0)}ms ${life ?? 'world'} ${label}`
    if (life !== undefined) bump(coverage.awaits, name)
    if (life?.alive === true && intervene(operation)) {
      bump(coverage.crashes, name)
      trace.add(`${line}: crash`)
      return
    }
    trace.add(line)
    operation.fire()
  }
}

/** A process that stands still is reached later; what is on its way to others is not. */
function dueOf({ life, due, outlives }: Operation): number {
  return life === undefined || outlives ? due : Math.max(due, life.stoppedUntil)
}
