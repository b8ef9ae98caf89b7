/**
 * How far a replica is behind the log: the age of the oldest record that it has not applied, and for how long that has been too much.
 *
 * Records carry no time of their own, so ends of the log are noted with the time at which they were seen; the oldest ones
 * that are not reached tell the age, too small by the time between two looks at most.
 *
 * Does not: decide what follows from it; the operator does (`CaughtUp`), and whoever alerts on the metric.
 */
import { UnavailableError } from '../../../common/errors/errors.ts'
import type { Clock } from '../../core/ports.ts'
import type { OffsetVector } from '../../schema/event.ts'
import type { Shard } from '../../shard/shard.ts'
import { covers } from '../../shard/vector.ts'

/** More than this is too much. */
export const lagMaxMs = 10_000
const lookMs = 2_000
/** Of a replica that is hours behind: then every other look is forgotten, the first is kept. */
const looksMax = 128

interface Look {
  readonly atMs: number
  readonly ends: OffsetVector
}

/** The part of a shard that it looks at. */
export type Lagging = Pick<Shard, 'applied' | 'partitions'> & { readonly ports: Pick<Shard['ports'], 'log'> }

export class Lag {
  readonly #clock: Clock
  readonly #shard: () => Lagging | undefined
  #of: Lagging | undefined
  #looks: Look[] = []
  #lateSinceMs: number | undefined

  /** `shard`: as it is now; `undefined` while there is none. */
  constructor(clock: Clock, shard: () => Lagging | undefined) {
    this.#clock = clock
    this.#shard = shard
  }

  /** ms; 0 when everything that was in the log at the last look is applied. */
  get ageMs(): number {
    const applied = this.#shard()?.applied
    this.#looks = applied === undefined ? [] : this.#looks.filter(({ ends }) => !covers(applied, ends))
    const [oldest] = this.#looks
    return oldest === undefined ? 0 : this.#clock.monotonic() - oldest.atMs
  }

  /** ms for which the age has been above `lagMaxMs` without a break. */
  get lateForMs(): number {
    const now = this.#clock.monotonic()
    if (this.ageMs <= lagMaxMs) this.#lateSinceMs = undefined
    else this.#lateSinceMs ??= now
    return this.#lateSinceMs === undefined ? 0 : now - this.#lateSinceMs
  }

  /** Looks until the signal aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look()
      } catch (error) {
        // A log that does not answer is said elsewhere; what was seen before ages on.
        if (!(error instanceof UnavailableError)) throw error
      }
      await this.#clock.sleep(lookMs, signal).catch(() => undefined)
    }
  }

  /** Notes where the log ends now. Throws `UnavailableError`. */
  async look(): Promise<void> {
    const shard = this.#shard()
    if (shard !== this.#of) [this.#of, this.#looks] = [shard, []]
    if (shard === undefined) return
    const atMs = this.#clock.monotonic()
    const next = await Promise.all(
      shard.partitions.map(async (partition) => [partition, await shard.ports.log.end(partition)] as const),
    )
    this.#looks.push({ atMs, ends: { generation: shard.applied.generation, next: new Map(next) } })
    if (this.#looks.length > looksMax) this.#looks = this.#looks.filter((_, index) => index % 2 === 0)
    // Also when nobody asks: so that it is known since when.
    void this.lateForMs
  }
}
