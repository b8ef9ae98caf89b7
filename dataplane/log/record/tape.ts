/**
 * Events of one request on their way into records: per event the codes of its values, in one table for all of
 * them. A value that a thousand events have is looked at once, and nothing is built per event but numbers.
 *
 *     entries   per event, one after the other: code of a value (>= 0), or -1 - property for a number,
 *               whose value is the next of `numbers`
 *     values    by code: what it is, and the property that it belongs to (`ofEvent`, `ofUser` for the two
 *               fields that are no properties). The same value may have several codes.
 *
 * An event that was not written this way is kept whole, in its place. A tape that is sealed does not change.
 *
 * Does not: validate (`dataplane/ingest/`), or place events.
 */
import type { Event } from '../../schema/event.ts'
import type { Value } from '../../schema/value.ts'

export const ofEvent = -1
export const ofUser = -2

/** A value that has a code; numbers have none. */
export type CodedValue = Exclude<Value, number>

export class EventTape {
  readonly project: string
  /** Events so far. */
  rows = 0
  /** Names of properties by index. */
  readonly names: string[] = []
  readonly values: CodedValue[] = []
  /** Property of each value. */
  propertyOf = new Int32Array(256)
  entries = new Int32Array(4096)
  entryCount = 0
  numbers = new Float64Array(512)
  numberCount = 0
  /** Where the entries and the numbers of an event end. */
  entryEnds = new Uint32Array(256)
  numberEnds = new Uint32Array(256)
  /** Codes. */
  event = new Uint32Array(256)
  user = new Uint32Array(256)
  time = new Float64Array(256)
  /** As in `BlockInsertIds`, 16 bytes an event. */
  insertIdBytes = new Uint8Array(256 * 16)
  insertIdForms = new Uint8Array(256)
  readonly escapes = new Map<number, string>()
  /** Events that are kept whole. */
  readonly whole = new Map<number, Event>()
  /** Placement hash by code of a user, -1 where it was not asked for. */
  userHashes = new Float64Array(0)
  /** What the block in work calls values and properties: its codes + 1, 0 where it has none yet. */
  valueMarks = new Uint32Array(0)
  propertyMarks = new Uint32Array(0)
  #block = 0

  constructor(project: string) {
    this.project = project
  }

  /** A code for a value. */
  addValue(property: number, value: CodedValue): number {
    const code = this.values.length
    if (code === this.propertyOf.length) this.propertyOf = grown(this.propertyOf)
    this.propertyOf[code] = property
    this.values.push(value)
    return code
  }

  addEntry(entry: number): void {
    if (this.entryCount === this.entries.length) this.entries = grown(this.entries)
    this.entries[this.entryCount++] = entry
  }

  addNumber(property: number, value: number): void {
    if (this.numberCount === this.numbers.length) this.numbers = grown(this.numbers)
    this.numbers[this.numberCount++] = value
    this.addEntry(-1 - property)
  }

  /** Ends the event that the entries and numbers since the last one are of. Its insert id is written by the caller. */
  endEvent({ event, user, time }: { event: number; user: number; time: number }): void {
    const row = this.#endRow()
    this.event[row] = event
    this.user[row] = user
    this.time[row] = time
  }

  /** Adds an event that is kept whole. */
  addWhole(event: Event): void {
    this.whole.set(this.#endRow(), event)
  }

  /** Forgets the entries and numbers of an event that was not ended. */
  forget(): void {
    this.entryCount = this.rows === 0 ? 0 : this.entryEnds[this.rows - 1]!
    this.numberCount = this.rows === 0 ? 0 : this.numberEnds[this.rows - 1]!
  }

  /** Room for the next event. */
  reserveRow(): void {
    if (this.rows < this.event.length) return
    this.entryEnds = grown(this.entryEnds)
    this.numberEnds = grown(this.numberEnds)
    this.event = grown(this.event)
    this.user = grown(this.user)
    this.time = grown(this.time)
    this.insertIdBytes = grown(this.insertIdBytes)
    this.insertIdForms = grown(this.insertIdForms)
  }

  seal(): this {
    this.userHashes = new Float64Array(this.values.length).fill(-1)
    this.valueMarks = new Uint32Array(this.values.length)
    this.propertyMarks = new Uint32Array(this.names.length)
    return this
  }

  /** Marks are of this block from now on. */
  markFor(block: number): void {
    if (this.#block === block) return
    this.#block = block
    this.valueMarks.fill(0)
    this.propertyMarks.fill(0)
  }

  #endRow(): number {
    this.reserveRow()
    const row = this.rows++
    this.entryEnds[row] = this.entryCount
    this.numberEnds[row] = this.numberCount
    return row
  }
}

type Typed = Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>

function grown<Column extends Typed>(column: Column): Column {
  const larger = new (column.constructor as new (length: number) => Column)(2 * column.length)
  larger.set(column)
  return larger
}
