/**
 * The lanes of a shard: which rows wait to be decided, and how much memory filters take.
 */
import { compareDays, type DayOf } from '../dedupe/segment-copies.ts'
import type { OffsetVector } from '../schema/event.ts'
import { type Batch, Lane, type LaneShard } from './lane.ts'
import type { RecordTable } from './records.ts'

export class Lanes {
  /** In order of last use. */
  readonly #lanes = new Map<string, Lane>()
  readonly #waiting = new Set<Lane>()
  /** Lanes of those that wait for a comparison to be tried again. */
  #blocked = 0
  #idlers: (() => void)[] = []
  readonly #watchers = new Set<() => void>()
  readonly #records: RecordTable
  readonly #shard: LaneShard

  constructor(records: RecordTable, shard: Omit<LaneShard, 'waiting'>) {
    this.#records = records
    this.#shard = {
      segments: () => shard.segments(),
      decided: (of, rows) => shard.decided(of, rows),
      failed: (error) => shard.failed(error),
      retry: async (of, error) => {
        this.#blocked++
        this.#wakeIdlers()
        await shard.retry(of, error)
        this.#blocked--
      },
      waiting: (lane, isWaiting) => {
        if (isWaiting) this.#waiting.add(lane)
        else this.#waiting.delete(lane)
        this.#wakeIdlers()
      },
    }
  }

  /** Resolves when every row is decided or waits for the store to come back. */
  async idle(): Promise<void> {
    if (this.#waiting.size > this.#blocked) await new Promise<void>((resolve) => this.#idlers.push(resolve))
  }

  /** Resolves when no row before the vector waits, or each of those lanes waits for the store to come back. */
  async settled(at: OffsetVector, signal: AbortSignal): Promise<void> {
    while (this.pendingRows(at) > 0 && this.#waiting.size > this.#blocked) await this.#nextChange(signal)
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const abort = () => {
        this.#watchers.delete(changed)
        reject(signal.reason)
      }
      const changed = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      this.#watchers.add(changed)
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  push(of: DayOf, batch: Batch): void {
    const key = `${of.day}/${of.project}`
    const lane = this.#lanes.get(key) ?? new Lane(of, this.#shard)
    this.#lanes.delete(key)
    this.#lanes.set(key, lane)
    lane.push(batch)
  }

  /** Rows that wait and lie before the vector. */
  pendingRows(at: OffsetVector): number {
    let rows = 0
    for (const lane of this.#waiting) {
      for (const batch of lane.queue) if (this.#records.isBefore(batch.record, at)) rows += batch.rows.length
    }
    return rows
  }

  /** The part of a vector before which nothing waits. */
  decidedBefore(applied: OffsetVector): OffsetVector {
    const next = new Map(applied.next)
    for (const lane of this.#waiting) {
      for (const { record } of lane.queue) {
        const partition = this.#records.partition(record)
        next.set(partition, Math.min(next.get(partition) ?? 0, this.#records.offset(record)))
      }
    }
    return { generation: applied.generation, next }
  }

  /** Lowest record number that waits. */
  get firstRecord(): number {
    let first = Number.POSITIVE_INFINITY
    for (const lane of this.#waiting) for (const { record } of lane.queue) first = Math.min(first, record)
    return first
  }

  /** Lanes that wait, for messages and tests. */
  get waiting(): readonly DayOf[] {
    return [...this.#waiting].map(({ of }) => of).sort(compareDays)
  }

  /** Forgets what segments have up to the vector; beyond `filterBytesMax` also whole lanes, the longest unused first. */
  dropCut(at: OffsetVector, filterBytesMax: number): void {
    let bytes = 0
    for (const lane of this.#lanes.values()) {
      lane.dropCut((record) => this.#records.isBefore(record, at))
      bytes += lane.bytes
    }
    for (const [key, lane] of this.#lanes) {
      if (bytes <= filterBytesMax) return
      if (!lane.isIdle) continue
      bytes -= lane.bytes
      this.#lanes.delete(key)
    }
  }

  #wakeIdlers(): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const changed of watchers) changed()
    if (this.#waiting.size === this.#blocked) for (const wake of this.#idlers.splice(0)) wake()
  }
}
