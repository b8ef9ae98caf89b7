/**
 * Rows that are taken, a block at a time, with what a kernel needs of each: the form in which rows
 * reach everything that cannot be counted by runs.
 */
import { blockRows } from '../../storage/segment/contract.ts'
import { listBits, listClearBits } from './bits.ts'
import { type Part, runsOf } from './part.ts'
import type { Selection } from './select.ts'

/** Up to a block of rows that are taken. One per query, filled again and again. */
export class RowBatch {
  count = 0
  /** Rows `[start, end)` of the stripe that the batch was taken from: within one block. */
  start = 0
  end = 0
  /** Row numbers in the stripe, ascending. */
  readonly row = new Uint32Array(blockRows)
  /** Slice user per row; filled when users are wanted. */
  readonly user = new Uint32Array(blockRows)
  /** ms per row; filled when times are wanted. */
  readonly time = new Float64Array(blockRows)

  /** Calls `each` for every block of the part that has a row that is taken. The selection has no strays. */
  fill(part: Part, selection: Selection, { users, times, each }: BatchWants): void {
    const byUser = users || selection.users !== undefined
    let run = byUser ? runsOf(part).first : 0
    const masked = selection.rows === undefined && !selection.copies ? part.stripe.masked : undefined
    for (let start = part.start; start < part.end; start = this.end) {
      this.start = start
      this.end = Math.min(part.end, (Math.floor(start / blockRows) + 1) * blockRows)
      if (selection.rows !== undefined) this.count = listBits(selection.rows, start, this.end, this.row)
      else if (masked !== undefined) this.count = listClearBits(masked, start, this.end, this.row)
      else this.#sequence()
      if (byUser && this.count > 0) run = this.#users(part, run)
      if (selection.users !== undefined) this.#keep(selection.users)
      if (this.count === 0) continue
      if (times) this.#times(part)
      each(this)
    }
  }

  #sequence(): void {
    const { start, end, row } = this
    this.count = end - start
    for (let i = 0; i < this.count; i++) row[i] = start + i
  }

  /** Users of the rows, from the run that holds or precedes the first; returns the run of the last. */
  #users(part: Part, from: number): number {
    const { user: runUser, end: ends } = part.stripe.userRuns
    const { row, user, count } = this
    let run = from
    for (let i = 0; i < count; ) {
      const at = row[i]!
      while (ends[run]! <= at) run++
      const end = ends[run]!
      const whose = runUser[run]!
      while (i < count && row[i]! < end) user[i++] = whose
    }
    return run
  }

  #keep(users: Uint8Array): void {
    const { row, user } = this
    let count = 0
    for (let i = 0; i < this.count; i++) {
      row[count] = row[i]!
      user[count] = user[i]!
      count += users[user[i]!]!
    }
    this.count = count
  }

  #times(part: Part): void {
    const { row, time, start, count } = this
    part.stripe.times(start, this.end, time)
    if (count === this.end - start) return
    // Rows ascend, so a row is never before its place in the batch.
    for (let i = 0; i < count; i++) time[i] = time[row[i]! - start]!
  }
}

export interface BatchWants {
  readonly users: boolean
  readonly times: boolean
  readonly each: (batch: RowBatch) => void
}
