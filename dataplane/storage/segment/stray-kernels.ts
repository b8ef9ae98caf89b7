/**
 * The loop over the runs of a name when a few rows do not go with their user (`StrayRows`): what
 * `run-kernels.ts` does, with two comparisons more a run.
 *
 * A run counts as its user says, less its masked rows; then each of its strays is put right.
 */
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
  const first = name === 0 ? 0 : nameEnds[name - 1]!
  let exception = firstException(exceptions, first)
  let exceptionRun = exception < exceptions.length ? exceptions[exception]! : never
  let stray = firstStray(strays, start)
  let strayRow = stray < strays.count ? strays.rows[stray]! : never
  let at = -1
  let row = start
  let rows = 0
  for (let run = first; run < nameEnd; run++) {
    const token = tokenBytes === 1 ? tokens[run]! : wideToken(tokens, tokenBytes, run)
    at = (at + (token >>> rowBits) + 1) | 0
    let length = (token & rowMask) + 1
    let masked = 0
    if (run === exceptionRun) {
      at = (at + exceptions[exception + 1]!) | 0
      length += exceptions[exception + 2]!
      masked = exceptions[exception + 3]!
      exception += exceptionFields
      exceptionRun = exception < exceptions.length ? exceptions[exception]! : never
    }
    row = (row + length) | 0
    // Without a branch: whether a user passes is as good as random.
    let taken = (0 - passing[at]!) & (length - masked)
    while (strayRow < row) {
      taken += strayDifference(strays, stray, { user: at, passes: passing[at]! })
      strayRow = ++stray < strays.count ? strays.rows[stray]! : never
    }
    rows += taken
    if (into === undefined) continue
    const bit = into.bitOf[at]!
    into.bits[bit >>> 5] = into.bits[bit >>> 5]! | (((0 - taken) >>> 31) << (bit & 31))
  }
  if (at >= sliceUsers) body.fail('user of a run', at, `below ${sliceUsers}`)
  return rows
}

/** What a stray adds to the rows that its user would make of it. */
function strayDifference(
  { states, users }: StrayRows,
  stray: number,
  { user, passes }: { user: number; passes: number },
): number {
  const state = states[stray]!
  // A masked row was not counted.
  if (state === strayMasked) return 0
  return (state === strayPasses && (users === undefined || users[user] === 1) ? 1 : 0) - passes
}

/** States of a stray: it is not taken; it is when its user is in `users`; it is masked. */
export const strayFails = 0
export const strayPasses = 1
export const strayMasked = 2

function firstStray({ rows, count }: StrayRows, row: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]! < row) low = middle + 1
    else high = middle
  }
  return low
}
