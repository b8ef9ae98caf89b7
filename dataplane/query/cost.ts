/** What a query cost: part of every answer, counted while it runs (STYLE 17). */

import type { Clock } from '../core/ports.ts'
import type { ReadMeter } from '../storage/segment/contract.ts'

export type Stage = 'plan' | 'read' | 'scan' | 'merge'

export interface Cost {
  /** Rows of blocks that were looked at, for each time that they were. */
  readonly rowsScanned: number
  readonly bytesRead: number
  readonly rangeReads: number
  /** Blocks of 1,024 rows. A block that is looked at for two selectors counts twice. */
  readonly blocksRead: number
  readonly blocksSkipped: number
  readonly stripesRead: number
  readonly stripesSkipped: number
  readonly ms: Readonly<Record<Stage, number>>
}

export class CostMeter implements ReadMeter {
  rowsScanned = 0
  bytesRead = 0
  rangeReads = 0
  blocksRead = 0
  blocksSkipped = 0
  stripesRead = 0
  stripesSkipped = 0
  readonly ms: Record<Stage, number> = { plan: 0, read: 0, scan: 0, merge: 0 }
  readonly #clock: Clock
  #stage: Stage = 'plan'
  #since: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.monotonic()
  }

  /** Time from now on belongs to `stage`. */
  enter(stage: Stage): void {
    const now = this.#clock.monotonic()
    this.ms[this.#stage] += now - this.#since
    this.#stage = stage
    this.#since = now
  }

  /** What a part of the query cost elsewhere. */
  add(cost: Cost): void {
    this.rowsScanned += cost.rowsScanned
    this.bytesRead += cost.bytesRead
    this.rangeReads += cost.rangeReads
    this.blocksRead += cost.blocksRead
    this.blocksSkipped += cost.blocksSkipped
    this.stripesRead += cost.stripesRead
    this.stripesSkipped += cost.stripesSkipped
    for (const stage of ['plan', 'read', 'scan', 'merge'] as const) this.ms[stage] += cost.ms[stage]
  }

  total(): Cost {
    this.enter(this.#stage)
    const { rowsScanned, bytesRead, rangeReads, blocksRead, blocksSkipped, stripesRead, stripesSkipped } = this
    return {
      rowsScanned,
      bytesRead,
      rangeReads,
      blocksRead,
      blocksSkipped,
      stripesRead,
      stripesSkipped,
      ms: { ...this.ms },
    }
  }
}
