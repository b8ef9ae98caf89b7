/**
 * From the log to the lanes: reads exactly the shard's partitions from exactly the offsets of its manifest
 * (ADR 0010), takes the rows of its range of the ring and splits them by project and day.
 *
 * A record that does not decode, is of another generation or partition, or is missing (`LOG_GAP`) is an
 * error: nothing is skipped.
 *
 * Does not: decide rows (`lane.ts`), or retry.
 */
import { assert, corrupt } from '../../common/errors/errors.ts'
import type { LogEntry, LogReader } from '../core/ports.ts'
import type { BlockRows } from '../log/record/contract.ts'
import { decodeBlock } from '../log/record/decode.ts'
import { openRecord } from '../log/record/open.ts'
import { dayMs, type OffsetVector } from '../schema/event.ts'
import type { RingRange } from '../schema/placement.ts'
import type { Lanes } from './lanes.ts'
import type { RecordTable } from './records.ts'
import { isOutside, rowsInside } from './ring-filter.ts'

export class Applier {
  readonly #log: LogReader
  readonly #ring: RingRange
  readonly #records: RecordTable
  readonly #lanes: Lanes
  readonly #generation: number
  /** Next offset by partition. */
  readonly #next: Map<number, number>

  constructor(from: OffsetVector, parts: { log: LogReader; ring: RingRange; records: RecordTable; lanes: Lanes }) {
    this.#log = parts.log
    this.#ring = parts.ring
    this.#records = parts.records
    this.#lanes = parts.lanes
    this.#generation = from.generation
    this.#next = new Map(from.next)
  }

  get partitions(): number[] {
    return [...this.#next.keys()]
  }

  /** Everything before it was handed to the lanes. A copy. */
  get applied(): OffsetVector {
    return { generation: this.#generation, next: new Map(this.#next) }
  }

  next(partition: number): number {
    return this.#next.get(partition)!
  }

  /** Reads once and applies what came. Answers the number of records. */
  async readOnce(partition: number, bytesMax: number): Promise<number> {
    const entries = await this.#log.read(partition, this.next(partition), bytesMax)
    for (const entry of entries) this.#apply(entry)
    return entries.length
  }

  #apply({ partition, offset, bytes }: LogEntry): void {
    assert(
      offset === this.next(partition),
      `log gave offset ${offset} of partition ${partition}, not ${this.next(partition)}`,
    )
    const object = `partition ${partition} offset ${offset}`
    const record = openRecord(bytes, object)
    if (record.partition !== partition) {
      const [got, want] = [record.partition, partition]
      corrupt({ code: 'RECORD_CORRUPT', object, what: 'partition in the header', got, want })
    }
    if (record.generation !== this.#generation) {
      const [got, want] = [record.generation, this.#generation]
      corrupt({ code: 'FORMAT_UNKNOWN', object, what: 'generation', got, want })
    }
    // Decoded whole before anything is handed on: a damaged block must not leave half a record behind.
    const blocks = record.blocks
      .filter((block) => !isOutside(block, this.#ring))
      .map((block) => {
        const columns = decodeBlock(block)
        return { columns, rows: rowsInside(block, columns, this.#ring) }
      })
    const number = this.#records.add(partition, offset)
    this.#next.set(partition, offset + 1)
    for (const { columns, rows } of blocks) {
      for (const [day, ofDay] of splitByDay(columns, rows)) {
        this.#lanes.push({ project: columns.project, day }, { record: number, columns, rows: ofDay })
      }
    }
  }
}

/** Row numbers by UTC day, each ascending. */
function splitByDay({ time }: BlockRows, rows: Uint32Array): Map<number, Uint32Array> {
  if (rows.length === 0) return new Map()
  const first = Math.floor(time[rows[0]!]! / dayMs)
  // Mostly all of one day.
  if (rows.every((row) => Math.floor(time[row]! / dayMs) === first)) return new Map([[first, rows]])
  const days = new Map<number, number[]>()
  let [day, ofDay]: [number, number[]] = [Number.NaN, []]
  for (const row of rows) {
    const next = Math.floor(time[row]! / dayMs)
    if (next !== day) {
      day = next
      ofDay = days.get(day) ?? []
      days.set(day, ofDay)
    }
    ofDay.push(row)
  }
  return new Map([...days].map(([key, list]) => [key, Uint32Array.from(list)]))
}
