/**
 * Which rows of a part a selector takes: visible ones (DED-1, and before the view's vector) in the
 * time range whose user is seen and whose filter holds.
 *
 * The answer is as cheap as it can be: all rows that are not masked, or those of a mask of users and a
 * few strays (nothing per row was touched), or a bitset of rows. Order of work: names and dictionaries, users, masked rows, times, then the
 * conditions that take rows, on the blocks that are left.
 */
import { firstFrom } from '../../storage/codec/first-from.ts'
import { blockRows, type StrayRows } from '../../storage/segment/contract.ts'
import type { Filter } from '../filter/filter.ts'
import { type RowFilter, rowsOf, setUserRows, skipBlocks } from '../filter/rows.ts'
import { allOf, derive, FilterUsers } from '../filter/users.ts'
import { andNotWords, andWords, anyBit, clearRange, clearWords, rankBits, setRange } from './bits.ts'
import { type Part, runsOf } from './part.ts'
import { Scratch } from './scratch.ts'
import { type Exceptions, StrayFinder, strayTaken } from './strays.ts'

/**
 * What is taken: rows whose bit is set in `rows`; without `rows`, those whose user is in `users`, strays as
 * they say; without either, all.
 */
export interface Selection {
  /** 1 per slice user; `undefined`: all. */
  readonly users: Uint8Array | undefined
  readonly strays: StrayRows | undefined
  /** A bit per row of the stripe; only those of the part mean anything. Valid until `done`. */
  readonly rows: Uint32Array | undefined
  /** `ranks[i]`: rows of the part before row `i` that are taken if their user passes. Only for who asks for ranks. */
  readonly ranks?: Uint32Array
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

/** A mask that fewer than one user in so many passes spares whole blocks. */
const commonShare = 64

export class Selector {
  readonly scratch = new Scratch()
  readonly #users = new FilterUsers()
  readonly #strays = new StrayFinder()
  readonly #common = new WeakMap<Uint8Array, boolean>()
  readonly #count: SelectionCount

  constructor(count: SelectionCount) {
    this.#count = count
  }

  /**
   * The rows that are taken, or `undefined` when there are none. Hand the selection back with `done`; strays are
   * valid until the next. `ranked`: the caller can treat ranks.
   */
  select(part: Part, wanted: Rows, ranked = false): Selection | undefined {
    const { start, end, stripe } = part
    const { entry } = stripe
    if (start >= end || entry.maxTime < wanted.from || entry.minTime >= wanted.to) return this.#skipped(part)
    const users: Uint8Array[] = part.frame.seen === undefined ? [] : [part.frame.seen]
    const rest: Filter[] = []
    for (const conjunct of wanted.conjuncts) {
      const mask = this.#users.usersOf(conjunct, part)
      if (mask === false) return this.#skipped(part)
      if (mask === undefined) rest.push(conjunct)
      else if (mask !== true) users.push(mask)
    }
    const { copies } = wanted
    const hidden = part.frame.hidden(stripe)
    const timed = entry.minTime < wanted.from || entry.maxTime >= wanted.to
    const mask = users.length <= 1 ? users[0] : derive(part.frame, wanted, { inputs: users, combine: allOf })
    if (!timed) {
      const byUsers = this.#byUsers(part, { wanted, rest, mask, hidden })
      if (byUsers !== undefined) return byUsers
    }
    // Where many users pass, knowing their rows spares no block.
    const apart = ranked && rest.length === 0 && mask !== undefined && this.#isCommon(mask)
    const masked = copies ? undefined : stripe.masked
    const rows = this.scratch.bits(end)
    clearWords(rows, start, end)
    if (mask === undefined || apart) setRange(rows, start, end)
    else setUserRows(rows, part, mask)
    if (masked !== undefined) andNotWords(rows, masked, start, end)
    if (hidden !== undefined) andNotWords(rows, hidden, start, end)
    this.#narrow(part, rows, { wanted, rest, timed })
    const any = anyBit(rows, start, end)
    if (any && !apart) return { users: undefined, strays: undefined, rows, copies }
    const ranks = any ? this.scratch.ranks(end) : undefined
    if (ranks !== undefined) rankBits(rows, start, end, ranks)
    this.scratch.release(rows)
    return ranks === undefined ? undefined : { users: mask, strays: undefined, rows: undefined, ranks, copies }
  }

  /** The selection, as a bitset of rows if it has strays: for who cannot treat them. Hand back this one alone. */
  withoutStrays(part: Part, selection: Selection): Selection {
    return selection.strays === undefined ? selection : this.toRows(part, selection)
  }

  /** The same selection as a bitset of rows, without masked ones. Hand back this one alone. */
  toRows(part: Part, selection: Selection): Selection {
    const { users, strays, copies } = selection
    if (selection.rows !== undefined) return selection
    const { start, end } = part
    const rows = this.scratch.bits(end)
    clearWords(rows, start, end)
    if (users === undefined) setRange(rows, start, end)
    else setUserRows(rows, part, users)
    const masked = copies ? undefined : part.stripe.masked
    if (masked !== undefined) andNotWords(rows, masked, start, end)
    if (strays !== undefined) setStrays(rows, part, strays)
    return { users: undefined, strays: undefined, rows, copies }
  }

  done(selection: Selection): void {
    if (selection.rows !== undefined) this.scratch.release(selection.rows)
    if (selection.ranks !== undefined) this.scratch.release(selection.ranks)
  }

  /** A selection by users, with strays where there are a few, when the part allows it. */
  #byUsers(part: Part, { wanted, rest, mask, hidden }: ByUsers): Selection | undefined {
    if (rest.length > 1) return undefined
    let users = mask
    let exceptions: Exceptions | undefined
    if (rest.length === 1) {
      const sparse = this.#users.exceptionsOf(rest[0]!, part)
      if (sparse === undefined) return undefined
      const inputs = mask === undefined ? [] : [mask, sparse.users]
      users = inputs.length === 0 ? sparse.users : derive(part.frame, wanted.conjuncts, { inputs, combine: allOf })
      exceptions = sparse
    }
    const { copies } = wanted
    let strays: StrayRows | undefined
    if (exceptions !== undefined || hidden !== undefined) {
      // Where users are not asked, there is nothing that rows could stray from.
      if (users === undefined) return undefined
      const masked = copies ? undefined : part.stripe.masked
      strays = this.#strays.find(part, { masked, hidden, exceptions, users: mask })
      if (strays === undefined) return undefined
    }
    this.#count.rowsScanned += part.end - part.start
    this.#count.blocksRead += blocksOf(part)
    return { users, strays, rows: undefined, copies }
  }

  /** Whether a good part of the slice's users pass. */
  #isCommon(mask: Uint8Array): boolean {
    let common = this.#common.get(mask)
    if (common === undefined) {
      let passing = 0
      for (let user = 0; user < mask.length; user++) passing += mask[user]!
      common = passing * commonShare > mask.length
      this.#common.set(mask, common)
    }
    return common
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
      keepTimes(rows, start, { times, count: end - start, from: wanted.from, to: wanted.to })
    }
  }

  #skipped(part: Part): undefined {
    this.#count.blocksSkipped += blocksOf(part)
    return undefined
  }
}

/** Clears bit `at + i` where `times[i]` is not in `[from, to)`. Whole words without a branch: a range cuts a day anywhere. */
function keepTimes(bits: Uint32Array, at: number, { times, count, from, to }: KeptTimes): void {
  for (let i = 0; i < count; ) {
    const row = at + i
    const width = Math.min(32 - (row & 31), count - i)
    let outside = 0
    for (let k = 0; k < width; k++) {
      const time = times[i + k]!
      outside |= (Number(time < from) | Number(time >= to)) << k
    }
    bits[row >>> 5] = bits[row >>> 5]! & ~(outside << (row & 31))
    i += width
  }
}

interface KeptTimes {
  readonly times: Float64Array
  readonly count: number
  readonly from: number
  readonly to: number
}

interface ByUsers {
  readonly wanted: Rows
  /** Conjuncts that it takes rows to tell. */
  readonly rest: readonly Filter[]
  readonly mask: Uint8Array | undefined
  readonly hidden: Uint32Array | undefined
}

function blocksOf({ start, end }: Part): number {
  return Math.ceil(end / blockRows) - Math.floor(start / blockRows)
}

function setStrays(bits: Uint32Array, part: Part, strays: StrayRows): void {
  const { user, end: ends } = part.stripe.userRuns
  let run = runsOf(part).first
  for (let i = firstFrom(strays.rows, part.start, strays.count); i < strays.count && strays.rows[i]! < part.end; i++) {
    const row = strays.rows[i]!
    while (ends[run]! <= row) run++
    if (strayTaken(strays, i, user[run]!) === 1) setRange(bits, row, row + 1)
    else clearRange(bits, row, row + 1)
  }
}

function conjunctsOf(filter: Filter | undefined): readonly Filter[] {
  if (filter === undefined) return []
  return filter.kind === 'and' ? filter.parts.flatMap(conjunctsOf) : [filter]
}
