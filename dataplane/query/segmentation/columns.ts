/**
 * What a breakdown or a measure sees of a part: a key or a number per row, and how cheaply it can be
 * had: one for all rows, one per user, or one per row.
 *
 * Values are looked up when a row that counts has them, so a rare group costs no memory before.
 */
import { bug } from '../../../common/errors/errors.ts'
import type { Value } from '../../schema/value.ts'
import { firstDictionaryCode, numberCode, type PropertyColumn } from '../../storage/segment/contract.ts'
import { keepsNumbers, type Reference, resolve } from '../filter/reference.ts'
import type { RowBatch } from '../rows/batch.ts'
import type { Part } from '../rows/part.ts'
import type { Scratch } from '../rows/scratch.ts'
import type { KeyTable } from './keys.ts'

export type KeyColumn =
  | { readonly kind: 'constant'; readonly key: number }
  /** By slice user. */
  | { readonly kind: 'user'; keyOf(user: number): number }
  /** Keys of the rows of a batch. */
  | { readonly kind: 'row'; read(batch: RowBatch, out: Int32Array): void }

/** In tables of keys by code: not looked up yet. */
const unknown = -1

/** Finds the keys of one reference in the parts of a scan; remembers them per dictionary. */
export class KeyColumns {
  readonly #reference: Reference
  readonly #keys: KeyTable
  readonly #scratch: Scratch
  /** Keys by code, per dictionary. */
  readonly #byCode = new WeakMap<object, Int32Array>()

  constructor(reference: Reference, keys: KeyTable, scratch: Scratch) {
    this.#reference = reference
    this.#keys = keys
    this.#scratch = scratch
  }

  of(part: Part): KeyColumn {
    const reference = this.#reference
    if (reference.kind === 'field') {
      if (reference.field === 'event')
        return { kind: 'constant', key: this.#keyOf(part.event ?? bug('a breakdown by event over several')) }
      return { kind: 'user', keyOf: (user) => this.#keyOf(part.frame.idOf(user)) }
    }
    const column = part.stripe.property(reference.name)
    if (column === undefined) return { kind: 'constant', key: this.#keys.keyOf(undefined) }
    const byCode = this.#codesOf(column)
    const keyOf = (code: number): number => {
      if (byCode[code] === unknown) byCode[code] = this.#keyOf(valueOfCode(column, code))
      return byCode[code]!
    }
    const readsNumbers = column.hasNumbers && keepsNumbers(reference)
    const { perUser } = column
    if (perUser !== undefined && perUser.exceptions.length === 0 && !readsNumbers) {
      return { kind: 'user', keyOf: (user) => keyOf(perUser.codes[user]!) }
    }
    if (readsNumbers) return { kind: 'row', read: (batch, out) => this.#readMixed(column, { batch, out, keyOf }) }
    return {
      kind: 'row',
      read: (batch, out) => {
        const { codes } = this.#scratch
        column.codes(batch.start, batch.end, codes)
        for (let i = 0; i < batch.count; i++) {
          const code = codes[batch.row[i]! - batch.start]!
          const key = byCode[code]!
          out[i] = key === unknown ? keyOf(code) : key
        }
      },
    }
  }

  /** Keys where some values are numbers, which have no code of their own. */
  #readMixed(column: PropertyColumn, { batch, out, keyOf }: MixedRead): void {
    const { codes, numbers } = this.#scratch
    column.numbers(batch.start, batch.end, numbers)
    if (column.onlyNumbers) codes.fill(numberCode)
    else column.codes(batch.start, batch.end, codes)
    for (let i = 0; i < batch.count; i++) {
      const at = batch.row[i]! - batch.start
      out[i] = codes[at] === numberCode ? this.#keys.keyOf(numbers[at]!) : keyOf(codes[at]!)
    }
  }

  #keyOf(value: Value | undefined): number {
    return this.#keys.keyOf(resolve(this.#reference, value))
  }

  #codesOf(column: PropertyColumn): Int32Array {
    let byCode = this.#byCode.get(column.dictionary)
    if (byCode === undefined) {
      byCode = new Int32Array(firstDictionaryCode + column.dictionary.length).fill(unknown)
      this.#byCode.set(column.dictionary, byCode)
    }
    return byCode
  }
}

interface MixedRead {
  readonly batch: RowBatch
  readonly out: Int32Array
  keyOf(code: number): number
}

/** Value of a code; a number's code stands for no value here, since its number is not at hand. */
function valueOfCode(column: PropertyColumn, code: number): Value | undefined {
  return code < firstDictionaryCode ? undefined : column.dictionary[code - firstDictionaryCode]
}

/** Numbers of the rows of a batch, NaN where there is none. */
export interface NumberColumn {
  /** It asks for the users of the batch. */
  readonly byUser: boolean
  read(batch: RowBatch, out: Float64Array): void
}

/** Finds the numbers of one reference in the parts of a scan. */
export class NumberColumns {
  readonly #reference: Reference
  readonly #scratch: Scratch
  readonly #byCode = new WeakMap<object, Float64Array>()

  constructor(reference: Reference, scratch: Scratch) {
    this.#reference = reference
    this.#scratch = scratch
  }

  /** `undefined`: no row of the part has a number. */
  of(part: Part): NumberColumn | undefined {
    const reference = this.#reference
    if (reference.kind === 'field') {
      // A name or an id is a number only where it is read as a time.
      if (reference.timeIn === undefined) return undefined
      const textOf =
        reference.field === 'event' ? () => part.event ?? bug('times of names over several events') : part.frame.idOf
      const read = (batch: RowBatch, out: Float64Array): void => {
        for (let i = 0; i < batch.count; i++) out[i] = numberIn(resolve(reference, textOf(batch.user[i]!)))
      }
      return { byUser: true, read }
    }
    const column = part.stripe.property(reference.name)
    if (column === undefined) return undefined
    if (keepsNumbers(reference)) {
      if (!column.hasNumbers) return undefined
      const { numbers } = this.#scratch
      const read = (batch: RowBatch, out: Float64Array): void => {
        column.numbers(batch.start, batch.end, numbers)
        for (let i = 0; i < batch.count; i++) out[i] = numbers[batch.row[i]! - batch.start]!
      }
      return { byUser: false, read }
    }
    const byCode = this.#codesOf(column)
    const { codes } = this.#scratch
    const read = (batch: RowBatch, out: Float64Array): void => {
      column.codes(batch.start, batch.end, codes)
      for (let i = 0; i < batch.count; i++) out[i] = byCode[codes[batch.row[i]! - batch.start]!]!
    }
    return { byUser: false, read }
  }

  #codesOf(column: PropertyColumn): Float64Array {
    let byCode = this.#byCode.get(column.dictionary)
    if (byCode === undefined) {
      byCode = new Float64Array(firstDictionaryCode + column.dictionary.length).fill(Number.NaN)
      for (let code = firstDictionaryCode; code < byCode.length; code++) {
        byCode[code] = numberIn(resolve(this.#reference, valueOfCode(column, code)))
      }
      this.#byCode.set(column.dictionary, byCode)
    }
    return byCode
  }
}

function numberIn(value: Value | undefined): number {
  return typeof value === 'number' ? value : Number.NaN
}
