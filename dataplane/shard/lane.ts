/**
 * A lane: the rows of one (project, UTC day) on their way to be decided, first copy or repeated (DED-1).
 *
 * Rows are decided strictly in the order of the log. Mostly at once: the filter says that a key is new, or
 * the tail has the first copy. A row whose key was seen in segments waits for an exact comparison with
 * them, and so does everything after it in this lane, and in no other. While the store is away such rows
 * stay undecided: invisible, counted as pending, decided when it is back.
 *
 * Does not: keep decided rows (`tail/`), or drop copies (DED-2: they are masked).
 */
import { DayFilter } from '../dedupe/day-filter.ts'
import { dedupeKeys } from '../dedupe/key.ts'
import { loadFilter } from '../dedupe/load-filter.ts'
import { type DayOf, findCopies, sliceOf } from '../dedupe/segment-copies.ts'
import { TailKeys } from '../dedupe/tail-keys.ts'
import type { RowColumns } from '../storage/segment/builder.ts'
import type { Segment } from '../storage/segment/contract.ts'
import type { DecidedRows } from './tail/open-slices.ts'

/** Rows of one log record. */
export interface Batch {
  readonly record: number
  readonly columns: RowColumns
  /** Row numbers of the columns, ascending. */
  readonly rows: Uint32Array
}

/** What a lane needs of its shard. */
export interface LaneShard {
  /** What segments hold now, in arrival order. */
  segments(): readonly Segment[]
  /** Takes decided rows, in the order of the log within a lane. */
  decided(of: DayOf, rows: DecidedRows): void
  /** A comparison failed; resolves when it should be tried again, rejects when the shard is closed. */
  retry(of: DayOf, error: unknown): Promise<void>
  /** A defect: the shard must stop. */
  failed(error: unknown): void
  /** The lane began to wait or has nothing left to wait for. */
  waiting(lane: Lane, isWaiting: boolean): void
}

const laneBytes = 1024

export class Lane {
  readonly of: DayOf
  readonly #shard: LaneShard
  readonly #tail = new TailKeys()
  #filter: DayFilter | undefined
  #queue: Batch[] = []
  #isBusy = false

  constructor(of: DayOf, shard: LaneShard) {
    this.of = of
    this.#shard = shard
  }

  /** Batches that wait, in order. */
  get queue(): readonly Batch[] {
    return this.#queue
  }

  /** Memory that it takes while idle, about: many small lanes count too. */
  get bytes(): number {
    return laneBytes + (this.#filter?.bytes ?? 0)
  }

  /** True when all that it knows can be made again from segments. */
  get isIdle(): boolean {
    return !this.#isBusy && this.#queue.length === 0 && this.#tail.size === 0
  }

  push(batch: Batch): void {
    this.#queue.push(batch)
    if (!this.#isBusy) this.#drain()
  }

  /** Forgets first copies that a segment has now. */
  dropCut(isCut: (record: number) => boolean): void {
    if (this.#tail.size > 0) this.#tail.dropCut(isCut)
  }

  /** Decides batches until one has to wait. */
  #drain(): void {
    while (this.#queue.length > 0) {
      if (this.#filter === undefined && this.#isInSegments()) {
        this.#wait(async () => {
          this.#filter = await loadFilter(this.#shard.segments(), this.of)
        })
        return
      }
      this.#filter ??= new DayFilter()
      const batch = this.#queue[0]!
      const keys = dedupeKeys(batch.columns, batch.rows)
      const { copies, unknown } = this.#look(batch, keys, this.#filter)
      if (unknown.length > 0) {
        this.#wait(async () => {
          const found = await findCopies(this.#shard.segments(), this.of, { columns: batch.columns, rows: unknown })
          this.#decide(batch, keys, new Set([...copies, ...found]))
        })
        return
      }
      this.#decide(batch, keys, copies)
    }
  }

  /** Runs until it succeeds, then goes on with the queue. */
  #wait(act: () => Promise<void>): void {
    this.#isBusy = true
    this.#shard.waiting(this, true)
    const goOn = () => {
      this.#isBusy = false
      this.#drain()
      if (!this.#isBusy) this.#shard.waiting(this, false)
    }
    // Closed meanwhile: the rows stay undecided, and the next process reads them from the log.
    const closed = () => undefined
    this.#persist(act)
      .then(goOn, closed)
      .catch((error) => this.#shard.failed(error))
  }

  async #persist(act: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await act()
      } catch (error) {
        await this.#shard.retry(this.of, error)
      }
    }
  }

  #isInSegments(): boolean {
    return this.#shard.segments().some((segment) => sliceOf(segment, this.of) !== undefined)
  }

  /**
   * `copies`: rows whose first copy is in the tail now; it may be cut before the others are decided.
   * `unknown`: rows whose key was seen elsewhere: in a segment, or a false positive.
   */
  #look({ columns, rows }: Batch, keys: Uint32Array, filter: DayFilter): { copies: Set<number>; unknown: number[] } {
    const copies = new Set<number>()
    const unknown: number[] = []
    for (let i = 0; i < rows.length; i++) {
      const [word0, word1] = [keys[2 * i]!, keys[2 * i + 1]!]
      if (!filter.has(word0, word1)) continue
      if (this.#tail.has(columns, rows[i]!, { word0, word1 })) copies.add(rows[i]!)
      else unknown.push(rows[i]!)
    }
    return { copies, unknown }
  }

  /** Decides the first batch of the queue. `copies`: its rows with an earlier copy outside the batch. */
  #decide({ columns, rows, record }: Batch, keys: Uint32Array, copies: ReadonlySet<number>): void {
    const masked = new Uint32Array((columns.rows + 31) >>> 5)
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      const [word0, word1] = [keys[2 * i]!, keys[2 * i + 1]!]
      const isNew = this.#filter!.add(word0, word1)
      // The row may repeat an earlier row of its own batch, so the tail is asked again.
      if (!isNew && (copies.has(row) || this.#tail.has(columns, row, { word0, word1 }))) {
        masked[row >>> 5]! |= 1 << (row & 31)
      } else this.#tail.add(columns, row, { word0, word1, record })
    }
    this.#tail.release()
    this.#queue.shift()
    this.#shard.decided(this.of, { columns, rows, masked, record })
  }
}
