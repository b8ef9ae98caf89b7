/**
 * A property of a loaded stripe: codes and numbers of any range of rows.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import type { Value } from '../../schema/value.ts'
import { firstFrom } from '../codec/first-from.ts'
import { mayHave } from './code-set.ts'
import { blockRows, missingCode, numberCode, type PerUserCodes, type PropertyColumn } from './contract.ts'
import type { PropertyForm } from './property-column.ts'
import type { NumberForm } from './property-numbers.ts'
import type { UserRuns } from './run-kernels.ts'
import type { SharedColumns } from './slice-property.ts'

/** What a property needs of its stripe. */
export interface OfStripe {
  readonly rows: number
  readonly userRuns: UserRuns
  /** Name of the object, for messages. */
  readonly object: string
  /** Counts blocks that were decoded. */
  count(blocks: number): void
}

const codeScratch = new Uint32Array(blockRows)
const numberScratch = new Float64Array(blockRows)

export class LoadedProperty implements PropertyColumn {
  readonly onlyNumbers: boolean
  readonly perUser: PerUserCodes | undefined
  readonly #stripe: OfStripe
  readonly #form: PropertyForm
  readonly #shared: SharedColumns

  constructor(stripe: OfStripe, form: PropertyForm, shared: SharedColumns) {
    this.#stripe = stripe
    this.#form = form
    this.#shared = shared
    const { codes } = form
    this.onlyNumbers = codes.kind === 'row' && codes.codes.constant === numberCode
    this.perUser = codes.kind === 'user' ? this.#byUser(codes) : undefined
  }

  get dictionary(): readonly Value[] {
    return this.#shared.dictionary
  }

  get hasNumbers(): boolean {
    return this.#form.numbers !== undefined
  }

  get numberBlocks() {
    return this.#form.numbers?.blocks
  }

  codes(start: number, end: number, out: Uint32Array): void {
    this.#stripe.count(Math.ceil((end - start) / blockRows))
    this.#codes(start, end, out)
  }

  numbers(start: number, end: number, out: Float64Array): void {
    this.#stripe.count(Math.ceil((end - start) / blockRows))
    const { numbers } = this.#form
    if (numbers === undefined) {
      out.fill(Number.NaN, 0, end - start)
      return
    }
    if (numbers.values.count === this.#stripe.rows) {
      numbers.values.decode(start, end, out)
      return
    }
    for (let from = start; from < end; ) {
      const block = from >>> 10
      const to = Math.min(end, (block + 1) * blockRows)
      this.#scatter(numbers, { block, from, to }, out.subarray(from - start, to - start))
      from = to
    }
  }

  blockMayHave(block: number, code: number): boolean {
    const { codes } = this.#form
    if (codes.kind === 'sparse') {
      const { rows } = codes
      const first = firstFrom(rows, block * blockRows)
      return code === missingCode || (first < rows.length && rows[first] < (block + 1) * blockRows)
    }
    if (codes.kind === 'user') return true
    if (codes.set !== undefined) return mayHave(codes.set, block, code)
    const { low, high } = codes.codes.bounds(block)
    return code >= low && code <= high
  }

  #byUser({ rows, codes }: { readonly rows: Uint32Array; readonly codes: Uint32Array }): PerUserCodes {
    const perUser = this.#shared.perUser
    if (perUser === undefined) {
      const { object } = this.#stripe
      return corrupt({ code: 'SEGMENT_CORRUPT', object, what: 'codes per user', got: 'none', want: 'one per user' })
    }
    return { codes: perUser, exceptions: rows, exceptionCodes: codes }
  }

  #codes(start: number, end: number, out: Uint32Array): void {
    const { codes } = this.#form
    if (codes.kind === 'row') {
      codes.codes.decode(start, end, out)
      return
    }
    if (codes.kind === 'user') this.#userCodes(start, end, out)
    else out.fill(missingCode, 0, end - start)
    const { rows } = codes
    for (let i = firstFrom(rows, start); i < rows.length && rows[i] < end; i++) {
      out[rows[i] - start] = codes.codes[i]
    }
  }

  #userCodes(start: number, end: number, out: Uint32Array): void {
    const perUser = this.perUser!.codes
    const { user, end: runEnd } = this.#stripe.userRuns
    let run = firstFrom(runEnd, start + 1)
    for (let row = start; row < end; run++) {
      const stop = Math.min(end, runEnd[run])
      const code = perUser[user[run]]
      for (; row < stop; row++) out[row - start] = code
    }
  }

  /** Numbers of rows `[from, to)` of one block; they are stored without gaps. */
  #scatter(
    { values, before }: NumberForm,
    range: { readonly block: number; readonly from: number; readonly to: number },
    out: Float64Array,
  ): void {
    const { block, from, to } = range
    const first = block * blockRows
    const count = before[block + 1] - before[block]
    this.#codes(first, to, codeScratch)
    values.decode(before[block], before[block + 1], numberScratch)
    let next = 0
    for (let row = first; row < to; row++) {
      const isNumber = codeScratch[row - first] === numberCode
      if (row >= from) out[row - from] = isNumber && next < count ? numberScratch[next] : Number.NaN
      if (isNumber) next++
    }
  }
}
