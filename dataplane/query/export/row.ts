/**
 * One event name in one slice as exported rows: a cursor over the rows that are taken, in stored
 * order, which is (h, user id, time, arrival). Columns are decoded a block at a time.
 */
import type { Value } from '../../schema/value.ts'
import {
  blockRows,
  firstDictionaryCode,
  numberCode,
  type PropertyColumn,
  type UserTable,
} from '../../storage/segment/contract.ts'
import { listBits } from '../rows/bits.ts'
import { type Part, runsOf } from '../rows/part.ts'
import type { Rows, Selector } from '../rows/select.ts'
import { compareIds } from '../users/join.ts'

/** A line of an export. Keys of `properties` are in no order. */
export interface ExportRow {
  readonly event: string
  readonly distinct_id: string
  readonly time: number
  readonly insert_id: string
  readonly properties: Readonly<Record<string, Value>>
  /** A later copy of an event; only in an export of all copies. */
  readonly duplicate?: true
}

interface BlockOfColumn {
  readonly name: string
  readonly column: PropertyColumn
  readonly codes: Uint32Array
  readonly numbers: Float64Array
}

export interface CursorInput {
  readonly part: Part
  readonly table: UserTable
  /** Order among cursors whose rows are otherwise equal: arrival. */
  readonly arrival: number
}

export class ExportCursor {
  readonly #input: CursorInput
  readonly #rows: Uint32Array
  readonly #times = new Float64Array(blockRows)
  readonly #columns: readonly BlockOfColumn[]
  #at = 0
  #run: number
  #block = -1
  #blockStart = 0
  /** Ordinal of the row's user. */
  #ordinal = 0
  #time = 0

  private constructor(input: CursorInput, rows: Uint32Array) {
    const { part } = input
    this.#input = input
    this.#rows = rows
    this.#run = runsOf(part).first
    this.#columns = [...part.stripe.entry.properties].flatMap((name) => {
      const column = part.stripe.property(name)
      if (column === undefined) return []
      return [
        {
          name,
          column,
          codes: new Uint32Array(blockRows),
          numbers: new Float64Array(column.hasNumbers ? blockRows : 0),
        },
      ]
    })
    this.#settle()
  }

  /** A cursor at the first row that is taken, or `undefined` when there is none. */
  static open(input: CursorInput, wanted: Rows, selector: Selector): ExportCursor | undefined {
    const { part } = input
    const selected = selector.select(part, wanted)
    if (selected === undefined) return undefined
    const selection = selector.toRows(part, selected)
    const rows = new Uint32Array(part.end - part.start)
    const count = listBits(selection.rows!, part.start, part.end, rows)
    selector.done(selection)
    return count === 0 ? undefined : new ExportCursor(input, rows.subarray(0, count))
  }

  get done(): boolean {
    return this.#at === this.#rows.length
  }

  /** `h` of the row's user. */
  get hash(): number {
    return this.#input.table.hashes[this.#ordinal]!
  }

  /** Order of the rows at two cursors. */
  compare(other: ExportCursor): number {
    const [own, others] = [this.#input.table, other.#input.table]
    const byHash = own.hashes[this.#ordinal]! - others.hashes[other.#ordinal]!
    if (byHash !== 0) return byHash
    const byId = compareIds(own, this.#ordinal, { table: others, ordinal: other.#ordinal })
    if (byId !== 0) return byId
    return this.#time - other.#time || this.#input.arrival - other.#input.arrival
  }

  /** The row at the cursor. */
  row(): ExportRow {
    const { part, table } = this.#input
    const row = this.#rows[this.#at]!
    const properties: Record<string, Value> = Object.create(null)
    for (const { name, column, codes, numbers } of this.#columns) {
      const code = codes[row - this.#blockStart]!
      if (code === numberCode) properties[name] = numbers[row - this.#blockStart]!
      else if (code >= firstDictionaryCode) properties[name] = column.dictionary[code - firstDictionaryCode]!
    }
    const { masked } = part.stripe
    return {
      event: part.event!,
      distinct_id: table.id(this.#ordinal),
      time: this.#time,
      insert_id: part.stripe.insertId(row),
      properties,
      ...(masked !== undefined && (masked[row >>> 5]! & (1 << (row & 31))) !== 0 && { duplicate: true as const }),
    }
  }

  advance(): void {
    this.#at++
    if (!this.done) this.#settle()
  }

  #settle(): void {
    const { stripe, frame, start: partStart, end: partEnd } = this.#input.part
    const row = this.#rows[this.#at]!
    const block = Math.floor(row / blockRows)
    if (block !== this.#block) {
      const start = Math.max(partStart, block * blockRows)
      const end = Math.min(partEnd, (block + 1) * blockRows)
      stripe.times(start, end, this.#times)
      for (const { column, codes, numbers } of this.#columns) {
        column.codes(start, end, codes)
        if (column.hasNumbers) column.numbers(start, end, numbers)
      }
      this.#block = block
      this.#blockStart = start
    }
    const { user, end: ends } = stripe.userRuns
    while (ends[this.#run]! <= row) this.#run++
    this.#ordinal = frame.slice.userOrdinals[user[this.#run]!]!
    this.#time = this.#times[row - this.#blockStart]!
  }
}
