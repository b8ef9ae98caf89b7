/**
 * Counting without touching rows: how many rows of a part are taken, in all or per run of a user.
 */
import { popcount } from './bits.ts'
import { type Part, runsOf } from './part.ts'
import type { Selection } from './select.ts'

export function countRows(part: Part, { users, rows }: Selection): number {
  if (rows !== undefined) return popcount(rows, part.start, part.end)
  if (users === undefined) return part.end - part.start
  const { user, end: ends } = part.stripe.userRuns
  const { first, last } = runsOf(part)
  let count = 0
  let start = part.start
  for (let run = first; run < last; run++) {
    const end = ends[run]!
    // Branch-free: whether a user passes is as good as random.
    count += (end - start) * users[user[run]!]!
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
  take(part: Part, selection: Selection): void {
    const { first, last } = runsOf(part)
    if (this.user.length < last - first) {
      this.user = new Uint32Array((last - first) * 2)
      this.rows = new Uint32Array((last - first) * 2)
    }
    if (selection.rows !== undefined) this.#takeRows(part, selection.rows)
    else this.#takeRuns(part, selection.users)
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
