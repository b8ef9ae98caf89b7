/**
 * The newest rows of the tail: columns that grow, one set per (project, UTC day), until they are sealed into
 * a run.
 *
 * Sealing adds the hashes of the rows to their records' digests: hashes of the rows as they came from the
 * log, so that a cut is compared with what was sent and not with what an encoder made of it (AUD-1).
 */
import { compareDays, type DayOf } from '../../dedupe/segment-copies.ts'
import { type RowColumns, SliceBuilder } from '../../storage/segment/builder.ts'
import type { SliceRows } from '../../storage/segment/contract.ts'
import { encodeSegment } from '../../storage/segment/encode.ts'
import { GrowingF64 } from '../../storage/segment/grow.ts'
import { inMemory } from '../../storage/segment/layout.ts'
import type { RecordTable } from '../records.ts'
import { Run } from '../run/run.ts'
import { inOrder } from '../run/tasks.ts'

interface OpenSlice {
  readonly builder: SliceBuilder
  /** Record number per row. */
  readonly records: GrowingF64
}

export interface DecidedRows {
  readonly columns: RowColumns
  /** Row numbers of the columns, ascending. */
  readonly rows: Uint32Array
  /** Bit per row of the columns: copies of an earlier event (DED-1). */
  readonly masked: Uint32Array
  readonly record: number
}

export class OpenSlices {
  readonly #slices = new Map<string, OpenSlice>()
  readonly #table: RecordTable
  #rows = 0
  #span = new Map<number, { first: number; last: number }>()
  #firstRecord = Number.POSITIVE_INFINITY

  constructor(table: RecordTable) {
    this.#table = table
  }

  get rows(): number {
    return this.#rows
  }

  get firstRecord(): number {
    return this.#firstRecord
  }

  append({ project, day }: DayOf, { columns, rows, masked, record }: DecidedRows): void {
    const key = `${day}/${project}`
    let slice = this.#slices.get(key)
    if (slice === undefined) {
      slice = { builder: new SliceBuilder(project, day), records: new GrowingF64(16) }
      this.#slices.set(key, slice)
    }
    slice.builder.append(columns, { rows, masked })
    const { records } = slice
    records.reserve(rows.length)
    records.items.fill(record, records.length, records.length + rows.length)
    records.length += rows.length
    this.#rows += rows.length
    this.#include(record)
  }

  /** Everything so far as a run, and starts anew; `undefined` when there is nothing. */
  seal(): Run | undefined {
    if (this.#rows === 0) return undefined
    const open = [...this.#slices.values()].sort((a, b) => compareDays(a.builder, b.builder))
    const slices = open.map(({ builder }) => builder.finish())
    const encoded = encodeSegment(slices, inMemory)
    const records = encoded.slices.map(({ order, hashes }, i) => {
      const numbers = open[i]!.records.items
      this.#addDigests(slices[i]!, hashes, numbers)
      return Float64Array.from(order, (row) => numbers[row]!)
    })
    const hashes = encoded.slices.map((slice) => inOrder(slice.hashes, slice.order))
    const run = new Run({ bytes: encoded.bytes, records, hashes, span: this.#span, firstRecord: this.#firstRecord })
    this.#slices.clear()
    this.#rows = 0
    this.#span = new Map()
    this.#firstRecord = Number.POSITIVE_INFINITY
    return run
  }

  #addDigests({ rows, masked }: SliceRows, hashes: Uint32Array, records: Float64Array): void {
    for (let row = 0; row < rows; row++) {
      const isMasked = ((masked[row >>> 5]! >>> (row & 31)) & 1) === 1
      this.#table.addRow(records[row]!, { hashes, at: 4 * row, masked: isMasked })
    }
  }

  #include(record: number): void {
    this.#firstRecord = Math.min(this.#firstRecord, record)
    const partition = this.#table.partition(record)
    const offset = this.#table.offset(record)
    const known = this.#span.get(partition)
    if (known === undefined) this.#span.set(partition, { first: offset, last: offset })
    else {
      known.first = Math.min(known.first, offset)
      known.last = Math.max(known.last, offset)
    }
  }
}
