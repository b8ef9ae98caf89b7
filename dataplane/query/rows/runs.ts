/**
 * Counting without touching rows: how many rows of a part are taken, in all or per run of a user.
 */
import { popcount } from './bits.ts'
import { type Part, runsOf } from './part.ts'
import type { Selection } from './select.ts'

let counts = new Float64Array(64)

/** Rows taken of each name of a part that is whole names: `[i]` is that of name `first + i`. Valid until the next call. */
export function countByName(part: Part, { users }: Selection): Float64Array {
  const { first, last } = part.names!
  if (counts.length < last) counts = new Float64Array(2 * last)
  counts.fill(0, first, last)
  part.stripe.countRows(part.names!, users, counts)
  return counts.subarray(first, last)
}

export function countRows(part: Part, selection: Selection): number {
  const { users, rows, copies } = selection
  if (rows !== undefined) return popcount(rows, part.start, part.end)
  if (users === undefined && (copies || part.stripe.entry.maskedRows === 0)) return part.end - part.start
  if (part.names !== undefined && !copies) return countByName(part, selection).reduce((sum, count) => sum + count, 0)
  const masked = copies ? undefined : part.stripe.masked
  const { user, end: ends } = part.stripe.userRuns
  const { first, last } = runsOf(part)
  let count = 0
  let start = part.start
  for (let run = first; run < last; run++) {
    const end = ends[run]!
    const taken = masked === undefined ? end - start : end - start - popcount(masked, start, end)
    // Branch-free: whether a user passes is as good as random.
    count += users === undefined ? taken : taken * users[user[run]!]!
    start = end
  }
  return count
}

/** Slice users of the runs that have a row that is taken, and how many rows; grows as needed, used again. */
export class SelectedRuns {
  user = new Uint32Array(1024)
  rows = new Uint32Array(1024)
  count = 0

  /** Fills in the runs of the part. */
  take(part: Part, { users, rows, copies }: Selection): void {
    const { first, last } = runsOf(part)
    if (this.user.length < last - first) {
      this.user = new Uint32Array((last - first) * 2)
      this.rows = new Uint32Array((last - first) * 2)
    }
    const masked = copies ? undefined : part.stripe.masked
    if (rows !== undefined) this.#takeRows(part, rows)
    else if (masked !== undefined) this.#takeVisible(part, users, masked)
    else this.#takeRuns(part, users)
  }

  #takeRuns(part: Part, users: Uint8Array | undefined): void {
    const { user, end: ends } = part.stripe.userRuns
    const { first, last } = runsOf(part)
    let count = 0
    let start = part.start
    for (let run = first; run < last; run++) {
      const end = ends[run]!
      this.user[count] = user[run]!
      this.rows[count] = end - start
      // Branch-free: a user that does not pass is overwritten by the next.
      count += users === undefined ? 1 : users[user[run]!]!
      start = end
    }
    this.count = count
  }

  #takeVisible(part: Part, users: Uint8Array | undefined, masked: Uint32Array): void {
    const { user, end: ends } = part.stripe.userRuns
    const { first, last } = runsOf(part)
    let count = 0
    let start = part.start
    for (let run = first; run < last; run++) {
      const end = ends[run]!
      const taken = end - start - popcount(masked, start, end)
      this.user[count] = user[run]!
      this.rows[count] = taken
      if (taken > 0) count += users === undefined ? 1 : users[user[run]!]!
      start = end
    }
    this.count = count
  }

  #takeRows(part: Part, rows: Uint32Array): void {
    const { user, end: ends } = part.stripe.userRuns
    const { first, last } = runsOf(part)
    let count = 0
    let start = part.start
    for (let run = first; run < last; run++) {
      const end = ends[run]!
      let taken: number
      if (end - start === 1) taken = (rows[start >>> 5]! >>> (start & 31)) & 1
      else taken = popcount(rows, start, end)
      this.user[count] = user[run]!
      this.rows[count] = taken
      if (taken > 0) count++
      start = end
    }
    this.count = count
  }
}
