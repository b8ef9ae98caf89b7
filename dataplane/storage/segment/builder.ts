/**
 * Makes `SliceRows` out of rows as they come: whole columns of a log record's block, other slices, or
 * one event at a time. Dictionaries are joined by one lookup per distinct value of the input, not per row.
 *
 * Does not: decide which rows are masked, split by day, or sort (the encoder does).
 */
import { bug } from '../../../common/errors/errors.ts'
import { dayMs, type Event } from '../../schema/event.ts'
import { escapeForm, packInsertId } from '../../schema/insert-id.ts'
import type { Value } from '../../schema/value.ts'
import type { InsertIds, PropertyRows, SliceRows } from './contract.ts'
import { firstDictionaryCode, numberCode } from './contract.ts'
import { GrowingBytes, GrowingF64, GrowingU32 } from './grow.ts'
import { UserInterner, ValueInterner } from './interner.ts'

/** Columns of rows of one project: a block of a log record (`log/record/contract.ts`) or a slice. */
export type RowColumns = Omit<SliceRows, 'day' | 'masked'>

export interface AppendOptions {
  /** Rows of the input to take, ascending; all of them by default. */
  readonly rows?: Uint32Array
  /** Bit per row of the *input*: set = a copy of an earlier event (DED-1). None by default. */
  readonly masked?: Uint32Array
}

export class SliceBuilder {
  readonly project: string
  readonly day: number
  readonly #events = new ValueInterner()
  readonly #users = new UserInterner()
  readonly #event = new GrowingU32()
  readonly #user = new GrowingU32()
  readonly #time = new GrowingF64()
  readonly #idBytes = new GrowingBytes(1024)
  readonly #idForm = new GrowingBytes()
  readonly #escapes = new Map<number, string>()
  readonly #masked = new GrowingU32()
  readonly #properties = new Map<string, PropertyBuilder>()

  constructor(project: string, day: number) {
    this.project = project
    this.day = day
  }

  /** Rows so far. */
  get rows(): number {
    return this.#time.length
  }

  /** Appends rows of `columns`, in their order. All times must lie in the builder's day. */
  append(columns: RowColumns, options: AppendOptions = {}): void {
    const { rows } = options
    const count = rows === undefined ? columns.rows : rows.length
    const first = this.rows
    const events = lazily(columns.eventNames.length, count, (i) => this.#events.intern(columns.eventNames[i]))
    const users = lazily(columns.userIds.length, count, (i) =>
      this.#users.intern(columns.userHashes[i], columns.userIds[i]),
    )
    for (const column of [this.#event, this.#user, this.#time, this.#idForm]) column.reserve(count)
    this.#idBytes.reserve(16 * count)
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]
      if (i > 0 && rows !== undefined && row <= rows[i - 1]) bug(`rows to take do not ascend at ${i}`)
      this.#event.push(events(columns.event[row]))
      this.#user.push(users(columns.user[row]))
      this.#pushTime(columns.time[row])
      this.#pushInsertId(columns.insertIds, row)
      this.#pushMasked(first + i, options.masked === undefined ? 0 : (options.masked[row >>> 5] >>> (row & 31)) & 1)
    }
    for (const property of columns.properties) this.#property(property.name).append(property, first, rows)
  }

  /** Appends one event. */
  add(event: Event, h: number, masked = false): void {
    const row = this.rows
    this.#event.push(this.#events.intern(event.event))
    this.#user.push(this.#users.intern(h, event.distinctId))
    this.#pushTime(event.time)
    this.#idBytes.reserve(16)
    const form = packInsertId(event.insertId, this.#idBytes.items, 16 * row)
    this.#idBytes.length += 16
    this.#idForm.push(form)
    if (form === escapeForm) this.#escapes.set(row, event.insertId)
    this.#pushMasked(row, masked ? 1 : 0)
    for (const name in event.properties) this.#property(name).add(row, event.properties[name])
  }

  /** What was added so far; the builder may go on, and the result does not change. */
  finish(): SliceRows {
    const rows = this.rows
    return {
      project: this.project,
      day: this.day,
      rows,
      eventNames: this.#events.values.slice() as string[],
      event: this.#event.copy(),
      userHashes: Uint32Array.from(this.#users.hashes),
      userIds: this.#users.ids.slice(),
      user: this.#user.copy(),
      time: this.#time.copy(),
      insertIds: { bytes: this.#idBytes.copy(), form: this.#idForm.copy(), escapes: new Map(this.#escapes) },
      masked: this.#masked.copy(),
      properties: [...this.#properties.values()].map((property) => property.finish(rows)),
    }
  }

  #property(name: string): PropertyBuilder {
    let property = this.#properties.get(name)
    if (property === undefined) {
      property = new PropertyBuilder(name)
      this.#properties.set(name, property)
    }
    return property
  }

  #pushTime(time: number): void {
    if (Math.floor(time / dayMs) !== this.day) bug(`time ${time} is not in day ${this.day}`)
    this.#time.push(time)
  }

  #pushInsertId(ids: InsertIds, row: number): void {
    const target = this.#idBytes
    const at = target.length
    for (let i = 0; i < 16; i++) target.items[at + i] = ids.bytes[16 * row + i]
    target.length += 16
    if (ids.form[row] === escapeForm) this.#escapes.set(this.#idForm.length, ids.escapes.get(row) ?? '')
    this.#idForm.push(ids.form[row])
  }

  #pushMasked(row: number, bit: number): void {
    if ((row & 31) === 0) this.#masked.push(0)
    if (bit !== 0) this.#masked.items[row >>> 5] |= 1 << (row & 31)
  }
}

class PropertyBuilder {
  readonly #name: string
  readonly #values = new ValueInterner()
  readonly #rows = new GrowingU32()
  readonly #codes = new GrowingU32()
  /** Entries before the first number have none: made when it comes. */
  #numbers: GrowingF64 | undefined

  constructor(name: string) {
    this.#name = name
  }

  add(row: number, value: Value): void {
    if (typeof value === 'number') this.#push(row, numberCode, value === 0 ? 0 : value)
    else this.#push(row, firstDictionaryCode + this.#values.intern(value), 0)
  }

  /** `taken`: rows of the input to take, ascending; all of them by default. They become the slice's rows from `first` on. */
  append(source: PropertyRows, first: number, taken: Uint32Array | undefined): void {
    const { dictionary, rows, codes, numbers } = source
    const count = taken === undefined ? codes.length : Math.min(taken.length, codes.length)
    const code = lazily(dictionary.length, count, (i) => firstDictionaryCode + this.#values.intern(dictionary[i]))
    const push = (entry: number, row: number) => {
      if (codes[entry] === numberCode) this.#push(row, numberCode, numbers === undefined ? 0 : numbers[entry])
      else this.#push(row, code(codes[entry] - firstDictionaryCode), 0)
    }
    this.#rows.reserve(count)
    this.#codes.reserve(count)
    if (taken === undefined) {
      for (let entry = 0; entry < codes.length; entry++) push(entry, first + (rows === undefined ? entry : rows[entry]))
      return
    }
    // A record of old events has few rows of each of many days, so only the rows taken are looked at.
    for (let i = 0, entry = 0; i < taken.length && entry < codes.length; i++) {
      entry = rows === undefined ? taken[i] : firstAtLeast(rows, taken[i], entry)
      if (rows === undefined || rows[entry] === taken[i]) push(entry, first + i)
    }
  }

  finish(rows: number): PropertyRows {
    const everyRow = this.#rows.length === rows
    return {
      name: this.#name,
      dictionary: this.#values.values.slice(),
      rows: everyRow ? undefined : this.#rows.copy(),
      codes: this.#codes.copy(),
      numbers: this.#numbers?.copy(),
    }
  }

  #push(row: number, code: number, number: number): void {
    if (code === numberCode && this.#numbers === undefined) {
      this.#numbers = new GrowingF64(this.#codes.length + 64)
      this.#numbers.length = this.#codes.length
    }
    this.#rows.push(row)
    this.#codes.push(code)
    this.#numbers?.push(number)
  }
}

/** A table filled on first use: `value(i)` is asked at most once per `i`, below `size`. `uses`: how often at most it is asked. */
function lazily(size: number, uses: number, value: (i: number) => number): (i: number) => number {
  if (uses * 8 < size) {
    const few = new Map<number, number>()
    return (i) => {
      const known = few.get(i) ?? value(i)
      few.set(i, known)
      return known
    }
  }
  const table = new Int32Array(size).fill(-1)
  return (i) => {
    const known = table[i]
    if (known >= 0) return known
    table[i] = value(i)
    return table[i]
  }
}

/** Index from `from` on of the first of the ascending numbers that is not below `value`. */
function firstAtLeast(ascending: Uint32Array, value: number, from: number): number {
  let step = 1
  let low = from
  while (low + step < ascending.length && ascending[low + step] < value) {
    low += step
    step *= 2
  }
  let high = Math.min(low + step, ascending.length)
  if (low < ascending.length && ascending[low] >= value) return low
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (ascending[middle] < value) low = middle
    else high = middle
  }
  return high
}

/** Slices of one (project, day) in arrival order as one. */
export function concatSlices(slices: readonly SliceRows[]): SliceRows {
  if (slices.length === 1) return slices[0]
  const builder = new SliceBuilder(slices[0].project, slices[0].day)
  for (const slice of slices) builder.append(slice, { masked: slice.masked })
  return builder.finish()
}
