/**
 * Which rows of a part a selector takes: visible ones (DED-1, and before the view's vector) in the
 * time range whose user is seen and whose filter holds.
 *
 * The answer is as cheap as it can be: all rows that are not masked, or those of a mask of users
 * (nothing per row was touched), or a bitset of rows. Order of work: names and dictionaries, users, masked rows, times, then the
 * conditions that take rows, on the blocks that are left.
 */
import { blockRows } from '../../storage/segment/contract.ts'
import type { Filter } from '../filter/filter.ts'
import { type RowFilter, rowsOf, setUserRows, skipBlocks } from '../filter/rows.ts'
import { allOf, derive, FilterUsers } from '../filter/users.ts'
import { andNotWords, andWords, anyBit, clearRange, clearWords, setRange } from './bits.ts'
import type { Part } from './part.ts'
import { Scratch } from './scratch.ts'

/** What is taken, by user or by row; at most one of `users` and `rows` is set, neither: all. */
export interface Selection {
  /** 1 per slice user. */
  readonly users: Uint8Array | undefined
  /** A bit per row of the stripe; only those of the part mean anything. Valid until `done`. */
  readonly rows: Uint32Array | undefined
  /** Masked rows are taken as others are; else they are not, and `rows` is already without them. */
  readonly copies: boolean
}

export interface Wanted {
  /** Instants `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly where: Filter | undefined
  /** Masked rows too, for an export of all copies. */
  readonly copies?: boolean
}

/** What is wanted, made ready to be asked of many parts. */
export class Rows {
  readonly from: number
  readonly to: number
  readonly copies: boolean
  /** Filters that all have to hold. */
  readonly conjuncts: readonly Filter[]

  constructor({ from, to, where, copies }: Wanted) {
    this.from = from
    this.to = to
    this.copies = copies === true
    this.conjuncts = conjunctsOf(where)
  }
}

/** What one selection cost. */
export interface SelectionCount {
  rowsScanned: number
  blocksRead: number
  blocksSkipped: number
}

export class Selector {
  readonly scratch = new Scratch()
  readonly #users = new FilterUsers()
  readonly #count: SelectionCount

  constructor(count: SelectionCount) {
    this.#count = count
  }

  /** The rows that are taken, or `undefined` when there are none. Hand the selection back with `done`. */
  select(part: Part, wanted: Rows): Selection | undefined {
    const { start, end, stripe } = part
    const blocks = Math.ceil(end / blockRows) - Math.floor(start / blockRows)
    const { entry } = stripe
    if (start >= end || entry.maxTime < wanted.from || entry.minTime >= wanted.to) return this.#skipped(blocks)
    const users: Uint8Array[] = []
    if (part.frame.seen !== undefined) users.push(part.frame.seen)
    const rest: Filter[] = []
    for (const conjunct of wanted.conjuncts) {
      const mask = this.#users.usersOf(conjunct, part)
      if (mask === false) return this.#skipped(blocks)
      if (mask === undefined) rest.push(conjunct)
      else if (mask !== true) users.push(mask)
    }
    const mask = users.length <= 1 ? users[0] : derive(part.frame, wanted, { inputs: users, combine: allOf })
    const { copies } = wanted
    const hidden = part.frame.hidden(stripe)
    const timed = entry.minTime < wanted.from || entry.maxTime >= wanted.to
    if (rest.length === 0 && hidden === undefined && !timed) {
      this.#count.rowsScanned += end - start
      this.#count.blocksRead += blocks
      return { users: mask, rows: undefined, copies }
    }
    const masked = copies ? undefined : stripe.masked
    const rows = this.scratch.bits(end)
    clearWords(rows, start, end)
    if (mask === undefined) setRange(rows, start, end)
    else setUserRows(rows, part, mask)
    if (masked !== undefined) andNotWords(rows, masked, start, end)
    if (hidden !== undefined) andNotWords(rows, hidden, start, end)
    this.#narrow(part, rows, { wanted, rest, timed })
    if (anyBit(rows, start, end)) return { users: undefined, rows, copies }
    this.scratch.release(rows)
    return undefined
  }

  done(selection: Selection): void {
    if (selection.rows !== undefined) this.scratch.release(selection.rows)
  }

  #narrow(
    part: Part,
    rows: Uint32Array,
    { wanted, rest, timed }: { wanted: Rows; rest: readonly Filter[]; timed: boolean },
  ): void {
    const { start, end } = part
    const by: RowFilter = { users: this.#users, scratch: this.scratch, live: this.scratch.blocks(end) }
    for (const conjunct of rest) {
      if (conjunct.kind === 'leaf') skipBlocks(conjunct, part, by)
    }
    this.#liveBlocks(part, rows, { live: by.live, wanted, timed })
    for (const conjunct of rest) {
      const passing = this.scratch.bits(end)
      rowsOf(conjunct, part, { out: passing, by })
      andWords(rows, passing, start, end)
      this.scratch.release(passing)
    }
  }

  /** Clears what lies outside the time range or in blocks that hold nothing; these are live no more. */
  #liveBlocks(
    part: Part,
    rows: Uint32Array,
    { live, wanted, timed }: { live: Uint8Array; wanted: Rows; timed: boolean },
  ): void {
    const { min, max } = timed ? part.stripe.timeBlocks : { min: undefined, max: undefined }
    for (let block = Math.floor(part.start / blockRows); block * blockRows < part.end; block++) {
      const start = Math.max(part.start, block * blockRows)
      const end = Math.min(part.end, (block + 1) * blockRows)
      if (min !== undefined && (max[block]! < wanted.from || min[block]! >= wanted.to)) live[block] = 0
      if (live[block] === 1 && !anyBit(rows, start, end)) live[block] = 0
      if (live[block] === 0) {
        clearRange(rows, start, end)
        this.#count.blocksSkipped++
        continue
      }
      this.#count.blocksRead++
      this.#count.rowsScanned += end - start
      if (min === undefined || (min[block]! >= wanted.from && max[block]! < wanted.to)) continue
      const { times } = this.scratch
      part.stripe.times(start, end, times)
      for (let row = start; row < end; row++) {
        const time = times[row - start]!
        if (time < wanted.from || time >= wanted.to) rows[row >>> 5] = rows[row >>> 5]! & ~(1 << (row & 31))
      }
    }
  }

  #skipped(blocks: number): undefined {
    this.#count.blocksSkipped += blocks
    return undefined
  }
}

function conjunctsOf(filter: Filter | undefined): readonly Filter[] {
  if (filter === undefined) return []
  return filter.kind === 'and' ? filter.parts.flatMap(conjunctsOf) : [filter]
}
