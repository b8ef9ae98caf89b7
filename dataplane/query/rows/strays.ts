/**
 * Strays: the few rows of a part that do not go with their user, since they are masked or hidden, or
 * since a property that is constant per user differs there. With them named, everything else is still
 * counted by runs of users, and no row is touched.
 */
import { listBits, popcount } from './bits.ts'
import type { Part } from './part.ts'

export interface Strays {
  /** Row numbers in the stripe, ascending; the first `count` are meant. */
  readonly rows: Uint32Array
  /** 1 where the row satisfies what it is asked itself; it is taken when its user is in `users`, too. */
  readonly passes: Uint8Array
  readonly count: number
  /** 1 per slice user that satisfies all else; `undefined`: all. */
  readonly users: Uint8Array | undefined
}

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
  #passes = new Uint8Array(256)
  #out = new Uint32Array(256)

  /** `undefined`: there are too many. `dropped`: bitsets of rows that are not taken. */
  find(
    part: Part,
    {
      dropped,
      exceptions,
      users,
    }: { dropped: readonly Uint32Array[]; exceptions: Exceptions | undefined; users: Uint8Array | undefined },
  ): Strays | undefined {
    const { start, end } = part
    const most = (end - start) * shareMax
    const from = exceptions === undefined ? 0 : firstFrom(exceptions.rows, exceptions.rows.length, start)
    const to = exceptions === undefined ? 0 : firstFrom(exceptions.rows, exceptions.rows.length, end)
    const gone = dropped.reduce((sum, bits) => sum + popcount(bits, start, end), 0)
    if (gone + to - from > most) return undefined
    this.#reserve(gone + to - from)
    const list = this.#listDropped(dropped, start, end)
    const [rows, passes] = [this.#rows, this.#passes]
    let count = 0
    let at = 0
    for (let i = from; i < to; i++) {
      const row = exceptions!.rows[i]!
      while (at < list && this.#out[at]! < row) {
        rows[count] = this.#out[at++]!
        passes[count++] = 0
      }
      const isGone = at < list && this.#out[at] === row
      if (isGone) at++
      rows[count] = row
      passes[count++] = isGone ? 0 : exceptions!.passes(i)
    }
    for (; at < list; at++) {
      rows[count] = this.#out[at]!
      passes[count++] = 0
    }
    return { rows, passes, count, users }
  }

  /** Lists the dropped rows in `#out`, ascending, each once. */
  #listDropped(dropped: readonly Uint32Array[], start: number, end: number): number {
    const [first, second] = dropped
    if (first === undefined) return 0
    if (second === undefined) return listBits(first, start, end, this.#out)
    const both = first.slice()
    for (let w = start >>> 5; w < (end + 31) >>> 5; w++) both[w] = both[w]! | second[w]!
    return listBits(both, start, end, this.#out)
  }

  #reserve(count: number): void {
    if (count <= this.#rows.length) return
    this.#rows = new Uint32Array(count * 2)
    this.#passes = new Uint8Array(count * 2)
    this.#out = new Uint32Array(count * 2)
  }
}

/** Index of the first of `count` ascending rows that is not before `row`. */
export function firstFrom(rows: Uint32Array, count: number, row: number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle]! < row) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether stray `i`, of a user, is taken. */
export function strayTaken({ passes, users }: Strays, i: number, user: number): number {
  return users === undefined ? passes[i]! : passes[i]! & users[user]!
}
