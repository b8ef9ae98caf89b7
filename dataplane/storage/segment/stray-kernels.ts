/**
 * The loop over the runs of a name when a few rows do not go with their user (`StrayRows`): what
 * `run-kernels.ts` does, with two comparisons more a run.
 *
 * A run counts as its user says, less its masked rows; then each of its strays is put right.
 */
import { firstFrom } from '../codec/first-from.ts'
import type { StrayRows } from './contract.ts'
import { firstException, type UserBits, wideToken } from './run-kernels.ts'
import { exceptionFields, type RunColumn } from './user-runs.ts'

/** No row or run has this number. */
const never = 0x7fffffff

export interface StrayQuestion {
  /** Name of the stripe, and its first row. */
  readonly name: number
  readonly start: number
  /** 0 or 1 per slice user. */
  readonly passing: Uint8Array
  readonly strays: StrayRows
  /** Bits to set of users that have a row that is taken; `undefined`: only rows are counted. */
  readonly into: Pick<UserBits, 'bitOf' | 'bits'> | undefined
}

/** Rows of the name that are taken. Tokens of any width. Throws `CorruptError`. */
export function takeWithStrays(column: RunColumn, { name, start, passing, strays, into }: StrayQuestion): number {
  const { tokens, tokenBytes, rowBits, nameEnds, exceptions, sliceUsers, body } = column
  const rowMask = 2 ** rowBits - 1
  const nameEnd = nameEnds[name]!
  let run = name === 0 ? 0 : nameEnds[name - 1]!
  let exception = firstException(exceptions, run)
  const walk = new StrayWalk(strays, start)
  let strayRow = walk.row
  let at = -1
  let row = start
  let rows = 0
  while (run < nameEnd) {
    const stop = exception < exceptions.length ? Math.min(nameEnd, exceptions[exception]!) : nameEnd
    for (; run < stop; run++) {
      const token = tokenBytes === 1 ? tokens[run]! : wideToken(tokens, tokenBytes, run)
      const length = (token & rowMask) + 1
      at = (at + (token >>> rowBits) + 1) | 0
      row = (row + length) | 0
      // Without a branch: whether a user passes is as good as random.
      let taken = -passing[at]! & length
      if (strayRow < row) {
        taken += walk.pass(row, at, passing[at]!)
        strayRow = walk.row
      }
      rows = (rows + taken) | 0
      if (into !== undefined) setBit(into, at, taken)
    }
    if (run === nameEnd) break
    const token = wideToken(tokens, tokenBytes, run++)
    const length = (token & rowMask) + 1 + exceptions[exception + 2]!
    at = (at + (token >>> rowBits) + 1 + exceptions[exception + 1]!) | 0
    row = (row + length) | 0
    const taken = (-passing[at]! & (length - exceptions[exception + 3]!)) + walk.pass(row, at, passing[at]!)
    strayRow = walk.row
    rows = (rows + taken) | 0
    if (into !== undefined) setBit(into, at, taken)
    exception += exceptionFields
  }
  if (at >= sliceUsers) body.fail('user of a run', at, `below ${sliceUsers}`)
  return rows
}

function setBit({ bitOf, bits }: Pick<UserBits, 'bitOf' | 'bits'>, user: number, taken: number): void {
  const bit = bitOf[user]!
  bits[bit >>> 5] = bits[bit >>> 5]! | (((0 - taken) >>> 31) << (bit & 31))
}

/** Goes through strays with the runs. */
class StrayWalk {
  /** The next stray's row. */
  row: number
  #next: number
  readonly #strays: StrayRows

  constructor(strays: StrayRows, start: number) {
    this.#strays = strays
    this.#next = firstFrom(strays.rows, start, strays.count)
    this.row = this.#next < strays.count ? strays.rows[this.#next]! : never
  }

  /** What the strays before row `end` add to the rows that their user, who passes or not, would make of them. */
  pass(end: number, user: number, passes: number): number {
    const { rows, states, users, count } = this.#strays
    let difference = 0
    while (this.row < end) {
      const state = states[this.#next]!
      // A masked row was not counted.
      if (state !== strayMasked)
        difference += (state === strayPasses && (users === undefined || users[user] === 1) ? 1 : 0) - passes
      this.row = ++this.#next < count ? rows[this.#next]! : never
    }
    return difference
  }
}

/** States of a stray: it is not taken; it is when its user is in `users`; it is masked. */
export const strayFails = 0
export const strayPasses = 1
export const strayMasked = 2
