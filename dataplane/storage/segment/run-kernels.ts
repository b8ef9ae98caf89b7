/**
 * Loops over the runs of a stripe: what a question about users comes down to.
 *
 * Each walks the names of the stripe, in a name from exception to exception, and in between nothing but
 * tokens. Steps are added in 32-bit arithmetic; a sum that leaves the users of the slice is found at
 * the end of its name. Wider tokens than a byte (rare names in huge slices) go through decoded runs.
 */
import type { Arena } from '../codec/arena.ts'
import { exceptionFields, type RunColumn, type RunExceptions } from './user-runs.ts'

/** Runs of rows, in row order. */
export interface UserRuns {
  readonly count: number
  /** Slice user. */
  readonly user: Uint32Array
  /** Row after the last. */
  readonly end: Uint32Array
}

/** Users and ends of all runs. Throws `CorruptError` where runs, rows and users do not fit. */
export function decodeRuns(column: RunColumn, arena: Arena): UserRuns {
  const { count, tokens, tokenBytes, rowBits, nameEnds, exceptions, rows, sliceUsers, body } = column
  const user = arena.u32(count)
  const end = arena.u32(count)
  const rowMask = 2 ** rowBits - 1
  let row = 0
  let next = 0
  for (let name = 0, run = 0; name < nameEnds.length; name++) {
    const nameEnd = nameEnds[name]!
    let at = -1
    // A sum that wraps around is negative at least once: no step is longer than 2^26.
    let signs = 0
    while (run < nameEnd) {
      const stop = next < exceptions.length ? Math.min(nameEnd, exceptions[next]!) : nameEnd
      for (; run < stop; run++) {
        const token = tokenBytes === 1 ? tokens[run]! : wideToken(tokens, tokenBytes, run)
        at = (at + (token >>> rowBits) + 1) | 0
        row = (row + (token & rowMask) + 1) | 0
        signs |= at | row
        user[run] = at
        end[run] = row
      }
      if (run === nameEnd) break
      const token = wideToken(tokens, tokenBytes, run)
      at = (at + (token >>> rowBits) + 1 + exceptions[next + 1]!) | 0
      row = (row + (token & rowMask) + 1 + exceptions[next + 2]!) | 0
      signs |= at | row
      user[run] = at
      end[run++] = row
      next += exceptionFields
    }
    if (signs < 0 || at >= sliceUsers) body.fail('user of a run', at, `below ${sliceUsers}`)
  }
  if (row !== rows) body.fail('rows of the runs of users', row, rows)
  return { count, user, end }
}

/** Token of a run that takes `tokenBytes` bytes. */
export function wideToken(tokens: Uint8Array, tokenBytes: number, run: number): number {
  let token = 0
  for (let i = tokenBytes - 1; i >= 0; i--) token = (token << 8) | tokens[run * tokenBytes + i]!
  return token
}

export interface NameRange {
  /** Names `[first, last)` of the stripe. */
  readonly first: number
  readonly last: number
}

/**
 * Adds to `out[name]` the rows of each name of the range that are not masked and whose user has a 1 in
 * `passing` (0 or 1 per slice user). One-byte tokens. Throws `CorruptError`.
 */
export function countByTokens(
  column: RunColumn,
  { first, last }: NameRange,
  passing: Uint8Array,
  out: Float64Array,
): void {
  const { tokens, rowBits, nameEnds, exceptions, sliceUsers, body } = column
  const rowMask = 2 ** rowBits - 1
  let run = first === 0 ? 0 : nameEnds[first - 1]!
  let next = firstException(exceptions, run)
  for (let name = first; name < last; name++) {
    const nameEnd = nameEnds[name]!
    let at = -1
    let rows = 0
    while (run < nameEnd) {
      const stop = next < exceptions.length ? Math.min(nameEnd, exceptions[next]!) : nameEnd
      for (; run < stop; run++) {
        const token = tokens[run]!
        at = (at + (token >>> rowBits) + 1) | 0
        // Without a branch: whether a user passes is as good as random.
        rows = (rows + (-passing[at]! & ((token & rowMask) + 1))) | 0
      }
      if (run === nameEnd) break
      const token = tokens[run++]!
      at = (at + (token >>> rowBits) + 1 + exceptions[next + 1]!) | 0
      const visible = (token & rowMask) + 1 + exceptions[next + 2]! - exceptions[next + 3]!
      rows = (rows + (-passing[at]! & visible)) | 0
      next += exceptionFields
    }
    if (at >= sliceUsers) body.fail('user of a run', at, `below ${sliceUsers}`)
    out[name] = out[name]! + rows
  }
}

/** What users are collected into. */
export interface UserBits {
  /** 0 or 1 per slice user. */
  readonly passing: Uint8Array
  /** Number of the bit of each slice user. */
  readonly bitOf: Uint32Array
  readonly bits: Uint32Array
}

/** Sets the bit of each user of a name that passes and has a row that is not masked; returns how many such rows there are. */
export function collectByTokens(column: RunColumn, name: number, { passing, bitOf, bits }: UserBits): number {
  const { tokens, rowBits, nameEnds, exceptions, sliceUsers, body } = column
  const rowMask = 2 ** rowBits - 1
  let run = name === 0 ? 0 : nameEnds[name - 1]!
  let next = firstException(exceptions, run)
  const nameEnd = nameEnds[name]!
  let at = -1
  let rows = 0
  while (run < nameEnd) {
    const stop = next < exceptions.length ? Math.min(nameEnd, exceptions[next]!) : nameEnd
    for (; run < stop; run++) {
      const token = tokens[run]!
      at = (at + (token >>> rowBits) + 1) | 0
      const passes = passing[at]!
      const bit = bitOf[at]!
      bits[bit >>> 5] = bits[bit >>> 5]! | (passes << (bit & 31))
      rows = (rows + (-passes & ((token & rowMask) + 1))) | 0
    }
    if (run === nameEnd) break
    const token = tokens[run++]!
    at = (at + (token >>> rowBits) + 1 + exceptions[next + 1]!) | 0
    const visible = (token & rowMask) + 1 + exceptions[next + 2]! - exceptions[next + 3]!
    next += exceptionFields
    if (visible === 0 || passing[at] !== 1) continue
    const bit = bitOf[at]!
    bits[bit >>> 5] = bits[bit >>> 5]! | (1 << (bit & 31))
    rows += visible
  }
  if (at >= sliceUsers) body.fail('user of a run', at, `below ${sliceUsers}`)
  return rows
}

/** As `countByTokens`, for decoded runs. */
export function countByRuns(
  column: RunColumn,
  { user, end }: UserRuns,
  { name, passing }: { readonly name: number; readonly passing: Uint8Array },
): number {
  const { nameEnds, exceptions } = column
  const first = name === 0 ? 0 : nameEnds[name - 1]!
  const last = nameEnds[name]!
  let rows = 0
  for (let run = first, start = first === 0 ? 0 : end[first - 1]!; run < last; run++) {
    rows += -passing[user[run]!]! & (end[run]! - start)
    start = end[run]!
  }
  for (let next = firstException(exceptions, first); next < exceptions.length; next += exceptionFields) {
    const run = exceptions[next]!
    if (run >= last) break
    rows -= -passing[user[run]!]! & exceptions[next + 3]!
  }
  return rows
}

/** As `collectByTokens`, for decoded runs. */
export function collectByRuns(
  column: RunColumn,
  runs: UserRuns,
  { name, ...into }: UserBits & { name: number },
): number {
  const { passing, bitOf, bits } = into
  const { user, end } = runs
  const { nameEnds, exceptions } = column
  const first = name === 0 ? 0 : nameEnds[name - 1]!
  let next = firstException(exceptions, first)
  for (let run = first, start = first === 0 ? 0 : end[first - 1]!; run < nameEnds[name]!; run++) {
    let visible = end[run]! - start
    start = end[run]!
    if (exceptions[next] === run) {
      visible -= exceptions[next + 3]!
      next += exceptionFields
    }
    const bit = bitOf[user[run]!]!
    if (visible > 0) bits[bit >>> 5] = bits[bit >>> 5]! | (passing[user[run]!]! << (bit & 31))
  }
  return countByRuns(column, runs, { name, passing })
}

/** Index of the first exception that is not before a run. */
export function firstException(exceptions: RunExceptions, run: number): number {
  if (run === 0) return 0
  let low = 0
  let high = exceptions.length / exceptionFields
  while (low < high) {
    const middle = (low + high) >>> 1
    if (exceptions[middle * exceptionFields]! < run) low = middle + 1
    else high = middle
  }
  return low * exceptionFields
}
