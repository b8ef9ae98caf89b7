/**
 * Strays: the few rows of a part that do not go with their user, since they are masked or hidden, or
 * since a property that is constant per user differs there. With them named, everything else is still
 * counted by runs of users, and no row is touched.
 */
import { firstFrom } from '../../storage/codec/first-from.ts'
import type { StrayRows } from '../../storage/segment/contract.ts'
import { strayFails, strayMasked, strayPasses } from '../../storage/segment/stray-kernels.ts'
import { listBits, popcount } from './bits.ts'
import type { Part } from './part.ts'

/** Rows whose property differs from their user's, ascending, and whether they pass. */
export interface Exceptions {
  readonly rows: Uint32Array
  passes(i: number): 0 | 1
}

/** No row has this number. */
export const noRow = 0x7fffffff

/** Above this share of its rows, a part is better looked at row by row. */
const shareMax = 1 / 8

/** Makes strays of a part; its arrays are used again for the next. */
export class StrayFinder {
  #rows = new Uint32Array(256)
  #states = new Uint8Array(256)
  #dropped = new Uint32Array(256)

  /** `undefined`: there are too many. The answer is valid until the next. */
  find(part: Part, { masked, hidden, exceptions, users }: StraySources): StrayRows | undefined {
    const { start, end } = part
    const most = (end - start) * shareMax
    const from = exceptions === undefined ? 0 : firstFrom(exceptions.rows, start)
    const to = exceptions === undefined ? 0 : firstFrom(exceptions.rows, end)
    const dropped =
      (masked === undefined ? 0 : popcount(masked, start, end)) +
      (hidden === undefined ? 0 : popcount(hidden, start, end))
    if (dropped + to - from > most) return undefined
    this.#reserve(dropped + to - from)
    const list = this.#listDropped(part, masked, hidden)
    const [rows, states] = [this.#rows, this.#states]
    let count = 0
    let at = 0
    const drop = (): void => {
      const row = this.#dropped[at++]!
      rows[count] = row
      const isMasked = masked !== undefined && ((masked[row >>> 5]! >>> (row & 31)) & 1) === 1
      states[count++] = isMasked ? strayMasked : strayFails
    }
    for (let i = from; i < to; i++) {
      const row = exceptions!.rows[i]!
      while (at < list && this.#dropped[at]! < row) drop()
      if (at < list && this.#dropped[at] === row) {
        drop()
        continue
      }
      rows[count] = row
      states[count++] = exceptions!.passes(i) === 1 ? strayPasses : strayFails
    }
    while (at < list) drop()
    return { rows, states, count, users }
  }

  /** Lists the rows that nobody sees in `#dropped`, ascending, each once; returns how many they are. */
  #listDropped({ start, end }: Part, masked: Uint32Array | undefined, hidden: Uint32Array | undefined): number {
    const either = masked ?? hidden
    if (either === undefined) return 0
    if (masked === undefined || hidden === undefined) return listBits(either, start, end, this.#dropped)
    const both = masked.slice()
    for (let w = start >>> 5; w < (end + 31) >>> 5; w++) both[w] = both[w]! | hidden[w]!
    return listBits(both, start, end, this.#dropped)
  }

  #reserve(count: number): void {
    if (count <= this.#rows.length) return
    this.#rows = new Uint32Array(count * 2)
    this.#states = new Uint8Array(count * 2)
    this.#dropped = new Uint32Array(count * 2)
  }
}

/** Whether stray `i`, of a user, is taken: 1 or 0. */
export function strayTaken({ states, users }: StrayRows, i: number, user: number): number {
  return states[i] === strayPasses && (users === undefined || users[user] === 1) ? 1 : 0
}

export interface StraySources {
  /** Bitsets of rows that nobody sees: copies, and rows past the view's vector. */
  readonly masked: Uint32Array | undefined
  readonly hidden: Uint32Array | undefined
  readonly exceptions: Exceptions | undefined
  /** 1 per slice user that satisfies all but the condition with the exceptions. */
  readonly users: Uint8Array | undefined
}
