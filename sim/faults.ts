/**
 * Draws single faults as the plan allows, and counts them. Off after `stop()`: then the world is healthy and
 * everything must catch up.
 */
import type { DiskFault, DiskStep } from './disk/faults.ts'
import { HotLabels } from './hot-labels.ts'
import { bump, type Coverage } from './kernel/coverage.ts'
import type { Operation } from './kernel/scheduler.ts'
import type { Trace } from './kernel/trace.ts'
import type { Plan } from './plan.ts'
import type { SeededRandom } from './random.ts'
import type { StoreFault, StoreOperation } from './store.ts'

export class Faults {
  readonly #plan: Plan
  readonly #random: SeededRandom
  readonly #coverage: Coverage
  readonly #trace: Trace
  readonly #hot: HotLabels
  /** Virtual time until which the store is away, by process. */
  readonly #awayUntil = new Map<string, number>()
  #stopped = false

  /** `crashAt`: labels at which, one after the other, a crash comes for certain, besides those of the plan. */
  constructor(
    plan: Plan,
    parts: { random: SeededRandom; coverage: Coverage; trace: Trace; crashAt?: readonly string[] | undefined },
  ) {
    this.#plan = plan
    this.#hot = new HotLabels(plan, parts.crashAt)
    this.#random = parts.random
    this.#coverage = parts.coverage
    this.#trace = parts.trace
  }

  stop(): void {
    this.#stopped = true
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  /** Whether the life that waits for the operation ends in its place. */
  isCrash({ life, label }: Operation): boolean {
    return life !== undefined && this.#hot.isCrash(life.nameOf(label), this.#stopped)
  }

  isPowerCut(): boolean {
    return this.#chance(this.#plan.powerCut, 'power cut')
  }

  isSuddenDeath(): boolean {
    return this.#chance(this.#plan.suddenDeath, 'process killed')
  }

  isZombie(): boolean {
    return this.#chance(this.#plan.zombie, 'two writers of the log')
  }

  isLost(): boolean {
    return this.#chance(this.#plan.lostMessage, 'message lost')
  }

  isWordLost(): boolean {
    return this.#chance(this.#plan.lostWord, 'word between replicas lost')
  }

  isWordDoubled(): boolean {
    return this.#chance(this.#plan.doubledWord, 'word between replicas doubled')
  }

  /** ms that a message between replicas is under way. */
  delay(): number {
    return this.#chance(this.#plan.lateWord, 'word between replicas late') ? this.#random.below(8_000) : 0
  }

  /** ms by which a wall clock jumps, or 0. */
  clockJump(): number {
    if (!this.#chance(this.#plan.clockJump, 'clock jump')) return 0
    return this.#random.pick([-3_600_000, -1_000, 1_000, 3_600_000])
  }

  disk({ operation, moment, path }: DiskStep): DiskFault | undefined {
    const { io, sync, full } = this.#plan.disk
    if (this.#chance(io, `disk io error ${moment} ${operation}`)) return 'io'
    // Of files that are kept: a temporary that fails is made again, which happens often enough by other faults.
    const isKept = !path.includes('new-') && !path.includes('.incoming')
    if (operation === 'sync' && moment === 'before' && isKept && this.#chance(sync, 'disk sync failed')) return 'io'
    const needsSpace = operation === 'write' || operation === 'open' || operation === 'makeFolder'
    if (needsSpace && moment === 'before' && this.#chance(full, `disk full ${operation}`)) return 'full'
    return undefined
  }

  /** `from`: whose operation it is, at what virtual time. */
  store(
    { kind }: StoreOperation,
    from: { readonly process: string; readonly elapsed: number },
  ): StoreFault | undefined {
    const { fail, loseReply, late, outage } = this.#plan.store
    if (this.#chance(outage, 'store away')) this.#awayUntil.set(from.process, from.elapsed + this.#random.below(10_000))
    if (!this.#stopped && (this.#awayUntil.get(from.process) ?? 0) > from.elapsed) return { kind: 'fail' }
    if (this.#chance(fail, `store ${kind} failed`)) return { kind: 'fail' }
    if (this.#chance(loseReply, `store ${kind} reply lost`)) return { kind: 'loseReply' }
    if (kind !== 'put' || !this.#chance(late, 'store put late')) return undefined
    return { kind: 'late', afterMs: 1 + this.#random.below(5_000) }
  }

  #chance(probability: number, name: string): boolean {
    if (this.#stopped || probability === 0 || !this.#random.chance(probability)) return false
    bump(this.#coverage.faults, name)
    this.#trace.add(`  fault: ${name}`)
    return true
  }
}
