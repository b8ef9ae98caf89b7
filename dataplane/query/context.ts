/** What every stage of one running query shares: its cost, its limits, and whether it should stop. */
import { UserError } from '../../common/errors/errors.ts'
import type { Clock } from '../core/ports.ts'
import { CostMeter } from './cost.ts'
import { defaultLimits, type QueryLimits } from './limits.ts'
import { QueryMemory } from './memory.ts'

export interface QueryOptions {
  readonly clock: Clock
  /** Aborting it ends the query with `QUERY_CANCELLED` at the next slice. */
  readonly signal?: AbortSignal
  readonly limits?: Partial<QueryLimits>
  /** Lets other work of the process have its turn; called between slices. None by default: a query over memory then runs in one go. */
  readonly turn?: () => Promise<void>
}

export class QueryContext {
  readonly limits: QueryLimits
  readonly cost: CostMeter
  readonly memory = new QueryMemory()
  readonly #options: QueryOptions
  readonly #startedAt: number

  constructor(options: QueryOptions) {
    this.#options = options
    this.limits = { ...defaultLimits, ...options.limits }
    this.cost = new CostMeter(options.clock)
    this.#startedAt = options.clock.monotonic()
  }

  /** Called between slices. Throws `UserError` `QUERY_CANCELLED`. */
  async breathe(): Promise<void> {
    if (this.#options.turn !== undefined) await this.#options.turn()
    this.check()
  }

  check(): void {
    if (this.#options.signal?.aborted) cancelled('the caller cancelled the query')
    const { bytesRead } = this.cost
    if (bytesRead > this.limits.scanBytesMax) tooLarge('bytes read of one shard', bytesRead, this.limits.scanBytesMax)
    const ranMs = this.#options.clock.monotonic() - this.#startedAt
    if (ranMs > this.limits.deadlineMs) {
      cancelled(`the query ran ${Math.round(ranMs)} ms, its deadline is ${this.limits.deadlineMs} ms`)
    }
  }
}

function cancelled(why: string): never {
  throw new UserError('QUERY_CANCELLED', why, { status: 408 })
}

/** Always throws `UserError` `QUERY_TOO_LARGE`. */
export function tooLarge(what: string, got: number, want: number): never {
  throw new UserError('QUERY_TOO_LARGE', `${what}: got ${got}, want at most ${want}`)
}
