/**
 * A property of a loaded stripe: codes and numbers of any range of rows.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import type { Value } from '../../schema/value.ts'
import { blockRows, numberCode, type PerUserCodes, type PropertyColumn } from './contract.ts'
import type { PropertyForm } from './property-column.ts'
import type { UserRuns } from './user-runs.ts'

/** What the column shares with the other stripes of the slice. */
export interface SharedColumns {
  readonly dictionary: readonly Value[]
  readonly perUser: Uint32Array | undefined
}

const codeScratch = new Uint32Array(blockRows)
const numberScratch = new Float64Array(blockRows)

export class LoadedProperty implements PropertyColumn {
  readonly onlyNumbers: boolean
  readonly perUser: PerUserCodes | undefined
  readonly #stripe: { readonly rows: number; readonly userRuns: UserRuns }
  readonly #form: PropertyForm
  readonly #shared: SharedColumns
  readonly #count: (blocks: number) => void

  constructor(
    stripe: { readonly rows: number; readonly userRuns: UserRuns },
    form: PropertyForm,
    shared: SharedColumns,
    count: (blocks: number) => void,
  ) {
    this.#stripe = stripe
    this.#form = form
    this.#shared = shared
    this.#count = count
    const { codes } = form
    this.onlyNumbers = !codes.byUser && codes.codes.constant === numberCode
    this.perUser = codes.byUser ? this.#byUser(codes) : undefined
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
    this.#count(Math.ceil((end - start) / blockRows))
    this.#codes(start, end, out)
  }

  numbers(start: number, end: number, out: Float64Array): void {
    this.#count(Math.ceil((end - start) / blockRows))
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
      this.#scatter(block, from, to, out, from - start)
      from = to
    }
  }

  blockMayHave(block: number, code: number): boolean {
    const { codes } = this.#form
    if (codes.byUser) return true
    const { low, high } = codes.codes.bounds(block)
    return code >= low && code <= high
  }

  #byUser(codes: { readonly exceptions: Uint32Array; readonly exceptionCodes: Uint32Array }): PerUserCodes {
    const { perUser } = this.#shared
    if (perUser === undefined) {
      return corrupt({ code: 'SEGMENT_CORRUPT', object: 'slice', what: 'codes per user', got: 'none', want: 'codes' })
    }
    return { codes: perUser, exceptions: codes.exceptions, exceptionCodes: codes.exceptionCodes }
  }

  #codes(start: number, end: number, out: Uint32Array): void {
    const { codes } = this.#form
    if (!codes.byUser) {
      codes.codes.decode(start, end, out)
      return
    }
    const perUser = this.perUser!.codes
    const { user, end: runEnd } = this.#stripe.userRuns
    let run = firstAfter(runEnd, start)
    for (let row = start; row < end; run++) {
      const stop = Math.min(end, runEnd[run])
      const code = perUser[user[run]]
      for (; row < stop; row++) out[row - start] = code
    }
    const { exceptions, exceptionCodes } = codes
    for (let i = firstAfter(exceptions, start - 1); i < exceptions.length && exceptions[i] < end; i++) {
      out[exceptions[i] - start] = exceptionCodes[i]
    }
  }

  /** Numbers of rows `[from, to)` of one block; they are stored without gaps. */
  #scatter(block: number, from: number, to: number, out: Float64Array, at: number): void {
    const { values, before } = this.#form.numbers!
    const first = block * blockRows
    const count = before[block + 1] - before[block]
    this.#codes(first, to, codeScratch)
    values.decode(before[block], before[block + 1], numberScratch)
    let next = 0
    for (let row = first; row < to; row++) {
      const isNumber = codeScratch[row - first] === numberCode
      if (row >= from) out[at + row - from] = isNumber && next < count ? numberScratch[next] : Number.NaN
      if (isNumber) next++
    }
  }
}

/** Index of the first element greater than `value`. */
function firstAfter(ascending: Uint32Array, value: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle] <= value) low = middle + 1
    else high = middle
  }
  return low
}
