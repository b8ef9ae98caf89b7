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
export type RowColumns = Omit<SliceRows, 'day' | 'masked' | 'hashes'>

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
    const events = recoding(columns.eventNames.length, count)
    const users = recoding(columns.userIds.length, count)
    for (const column of [this.#event, this.#user, this.#time, this.#idForm]) column.reserve(count)
    const [event, user] = [this.#event.items, this.#user.items]
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]
      if (i > 0 && rows !== undefined && row <= rows[i - 1]) bug(`rows to take do not ascend at ${i}`)
      const name = columns.event[row]
      event[first + i] = events.get(name) ?? events.put(name, this.#events.intern(columns.eventNames[name]))
      const id = columns.user[row]
      user[first + i] = users.get(id) ?? users.put(id, this.#users.intern(columns.userHashes[id], columns.userIds[id]))
    }
    this.#event.length += count
    this.#user.length += count
    this.#appendTimes(columns.time, rows, count)
    this.#appendInsertIds(columns.insertIds, rows, count)
    this.#appendMasked(options.masked, rows, { first, count })
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

  #appendTimes(times: Float64Array, rows: Uint32Array | undefined, count: number): void {
    const target = this.#time
    const start = this.day * dayMs
    for (let i = 0; i < count; i++) {
      const time = times[rows === undefined ? i : rows[i]]
      if (!(time >= start && time < start + dayMs)) bug(`time ${time} is not in day ${this.day}`)
      target.items[target.length + i] = time
    }
    target.length += count
  }

  #appendInsertIds({ bytes, form, escapes }: InsertIds, rows: Uint32Array | undefined, count: number): void {
    const [target, forms] = [this.#idBytes, this.#idForm]
    target.reserve(16 * count)
    // Neighbours are copied together: mostly all rows of a block are of one day.
    for (let i = 0; i < count; ) {
      const from = rows === undefined ? i : rows[i]
      let run = 1
      while (i + run < count && (rows === undefined || rows[i + run] === from + run)) run++
      target.items.set(bytes.subarray(16 * from, 16 * (from + run)), target.length)
      target.length += 16 * run
      for (let row = from; row < from + run; row++) {
        if (form[row] === escapeForm) this.#escapes.set(forms.length, escapes.get(row) ?? '')
        forms.items[forms.length++] = form[row]
      }
      i += run
    }
  }

  #appendMasked(
    masked: Uint32Array | undefined,
    rows: Uint32Array | undefined,
    { first, count }: { readonly first: number; readonly count: number },
  ): void {
    const words = (first + count + 31) >>> 5
    this.#masked.reserve(words - this.#masked.length)
    this.#masked.length = words
    if (masked === undefined) return
    const bits = this.#masked.items
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]
      if ((masked[row >>> 5] >>> (row & 31)) & 1) bits[(first + i) >>> 5] |= 1 << ((first + i) & 31)
    }
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
    const most = taken === undefined ? codes.length : Math.min(taken.length, codes.length)
    const recode = recoding(dictionary.length, most)
    this.#rows.reserve(most)
    this.#codes.reserve(most)
    this.#numbers?.reserve(most)
    const [outRows, outCodes] = [this.#rows.items, this.#codes.items]
    let outNumbers = this.#numbers?.items
    let at = this.#codes.length
    const entries = taken === undefined ? codes.length : taken.length
    for (let i = 0, entry = 0; i < entries && entry < codes.length; i++) {
      if (taken === undefined) entry = i
      else if (rows === undefined) entry = taken[i]
      else {
        // A record of old events has few rows of each of many days, so only the rows taken are looked at.
        if (rows[entry] < taken[i]) entry = firstAtLeast(rows, taken[i], entry)
        if (entry >= codes.length || rows[entry] !== taken[i]) continue
      }
      const code = codes[entry]
      outRows[at] = first + (taken === undefined && rows !== undefined ? rows[i] : i)
      if (code === numberCode) {
        outCodes[at] = numberCode
        outNumbers ??= this.#startNumbers(at, most)
        outNumbers[at] = numbers === undefined ? 0 : numbers[entry]
      } else {
        const value = code - firstDictionaryCode
        outCodes[at] =
          recode.get(value) ?? recode.put(value, firstDictionaryCode + this.#values.intern(dictionary[value]))
      }
      at++
    }
    this.#rows.length = at
    this.#codes.length = at
    if (this.#numbers !== undefined) this.#numbers.length = at
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

  /** Entries before the first number get 0. */
  #startNumbers(entries: number, more: number): Float64Array {
    if (this.#numbers === undefined) {
      this.#numbers = new GrowingF64(entries + more)
      this.#numbers.length = entries
    }
    return this.#numbers.items
  }

  #push(row: number, code: number, number: number): void {
    if (code === numberCode) this.#startNumbers(this.#codes.length, 64)
    this.#rows.push(row)
    this.#codes.push(code)
    this.#numbers?.push(number)
  }
}

/** What numbers of the input became, filled on first use. */
interface Recoding {
  get(index: number): number | undefined
  /** Answers the code. */
  put(index: number, code: number): number
}

class RecodingTable implements Recoding {
  /** Code + 1, 0 where there is none yet. */
  readonly #codes: Uint32Array

  constructor(size: number) {
    this.#codes = new Uint32Array(size)
  }

  get(index: number): number | undefined {
    const code = this.#codes[index]
    return code === 0 ? undefined : code - 1
  }

  put(index: number, code: number): number {
    this.#codes[index] = code + 1
    return code
  }
}

class RecodingMap implements Recoding {
  readonly #codes = new Map<number, number>()

  get(index: number): number | undefined {
    return this.#codes.get(index)
  }

  put(index: number, code: number): number {
    this.#codes.set(index, code)
    return code
  }
}

/** `size`: how many indexes there are; `uses`: how often one is asked for, at most. */
function recoding(size: number, uses: number): Recoding {
  return uses * 8 < size ? new RecodingMap() : new RecodingTable(size)
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
  const hashes = concatHashes(slices)
  return hashes === undefined ? builder.finish() : { ...builder.finish(), hashes }
}

function concatHashes(slices: readonly SliceRows[]): Uint32Array | undefined {
  const joined = new Uint32Array(4 * slices.reduce((sum, { rows }) => sum + rows, 0))
  let at = 0
  for (const { hashes } of slices) {
    if (hashes === undefined) return undefined
    joined.set(hashes, at)
    at += hashes.length
  }
  return joined
}
