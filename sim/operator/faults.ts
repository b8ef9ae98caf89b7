/**
 * Draws single faults of an operator's history as its plan allows, and counts them. None before `begin()` and after `stop()`: then the world
 * is healthy and everything must come to what was wanted.
 */
import { HotLabels } from '../hot-labels.ts'
import { bump, type Coverage } from '../kernel/coverage.ts'
import type { Operation } from '../kernel/scheduler.ts'
import type { Trace } from '../kernel/trace.ts'
import type { SeededRandom } from '../random.ts'
import type { Plan } from './plan.ts'

export type WriteFault =
  /** Never arrives, or arrives and is not answered. */
  { readonly kind: 'lost' | 'unanswered' | 'refused' } | { readonly kind: 'late'; readonly ms: number }

/** The client gives a request up after so long. */
export const clientTimeoutMs = 4_000
/** No request is on its way for longer. */
export const lateMaxMs = 9_000

type Mischief = keyof Plan['mischief']

export class Faults {
  readonly #plan: Plan
  readonly #random: SeededRandom
  readonly #coverage: Coverage
  readonly #trace: Trace
  readonly #hot: HotLabels
  #stopped = true
  readonly #over = new AbortController()

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

  begin(): void {
    this.#stopped = false
  }

  stop(): void {
    this.#stopped = true
    this.#over.abort(new Error('the connection was reset'))
  }

  /** Aborts when the world becomes healthy: what was silent breaks. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  /** Whether the process that waits for the operation dies in its place. */
  isCrash({ life, label }: Operation): boolean {
    if (life === undefined || label === 'sleep') return false
    return this.#hot.isCrash(life.nameOf(label), this.#stopped)
  }

  write(name: string): WriteFault | undefined {
    const { lost, unanswered, refused, late } = this.#plan.write
    if (this.#chance(lost, `${name} lost`)) return { kind: 'lost' }
    if (this.#chance(unanswered, `${name} unanswered`)) return { kind: 'unanswered' }
    if (this.#chance(refused, `${name} refused`)) return { kind: 'refused' }
    if (this.#chance(late, `${name} late`)) return { kind: 'late', ms: this.#random.below(lateMaxMs) }
    return undefined
  }

  isReadFailed(): boolean {
    return this.#chance(this.#plan.readFailed, 'read failed')
  }

  isWatchRefused(): boolean {
    return this.#chance(this.#plan.watch.refused, 'watch refused')
  }

  isWatchBroken(): boolean {
    return this.#chance(this.#plan.watch.broken, 'watch broken')
  }

  isWatchSilent(): boolean {
    return this.#chance(this.#plan.watch.silent, 'watch silent')
  }

  watchLag(): number {
    const { lagMs } = this.#plan.watch
    return this.#stopped || lagMs === 0 ? 0 : this.#random.below(lagMs)
  }

  isPodSilent(): boolean {
    return this.#chance(this.#plan.pod.unanswered, 'pod not answering')
  }

  isCommandLost(): boolean {
    return this.#chance(this.#plan.pod.lost, 'command lost')
  }

  commandLateMs(): number {
    return this.#chance(this.#plan.pod.late, 'command late') ? this.#random.below(lateMaxMs) : 0
  }

  /** What happens to processes of the operator in this second. */
  fate(): 'killed' | 'ended' | 'stopped' | undefined {
    for (const fate of ['killed', 'ended', 'stopped'] as const) {
      if (this.#chance(this.#plan[fate], `operator ${fate}`)) return fate
    }
    return undefined
  }

  isHistoryCompacted(): boolean {
    return this.#chance(this.#plan.compacted, 'history compacted')
  }

  isTouched(): boolean {
    return this.#chance(this.#plan.touched, 'object written by somebody else')
  }

  is(mischief: Mischief): boolean {
    return this.#chance(this.#plan.mischief[mischief], mischief)
  }

  #chance(probability: number, name: string): boolean {
    if (this.#stopped || probability === 0 || !this.#random.chance(probability)) return false
    bump(this.#coverage.faults, name)
    this.#trace.add(`  fault: ${name}`)
    return true
  }
}
