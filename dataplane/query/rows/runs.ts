/**
 * Counting without touching rows: how many rows of a part are taken, in all or per run of a user.
 *
 * The loops have no branch that depends on the data but for strays, which are rare: whether a user
 * passes, and how long a run is, are as good as random.
 */
import { bug } from '../../../common/errors/errors.ts'
import { firstFrom } from '../../storage/codec/first-from.ts'
import { popcount, popcount32 } from './bits.ts'
import { type Part, runsOf } from './part.ts'
import type { Selection } from './select.ts'
import { noRow, strayTaken } from './strays.ts'

let counts = new Float64Array(64)

/** Rows taken of each name of a part that is whole names: `[i]` is that of name `first + i`. Valid until the next call. */
export function countByName(part: Part, { users, strays, ranks }: Selection): Float64Array {
  const { stripe } = part
  const { first, last } = part.names!
  if (counts.length < last) counts = new Float64Array(2 * last)
  counts.fill(0, first, last)
  if (strays === undefined && ranks === undefined) stripe.countRows(part.names!, users, counts)
  else {
    const passing = users ?? bug('strays or ranks of rows that nobody takes by user')
    for (let name = first; name < last; name++) {
      if (strays !== undefined) counts[name] = stripe.takeWithStrays(name, { passing, strays, into: undefined })
      else if (ranks !== undefined) counts[name] = stripe.takeByRanks(name, { passing, ranks, into: undefined })
    }
  }
  return counts.subarray(first, last)
}

/** Masked rows of the part are to be left out, and no bitset or stray says which they are. */
function maskedOf(part: Part, { copies, strays }: Selection): Uint32Array | undefined {
  return copies || strays !== undefined ? undefined : part.stripe.masked
}

export function countRows(part: Part, selection: Selection): number {
  const { users, rows, strays, copies } = selection
  if (rows !== undefined) return popcount(rows, part.start, part.end)
  if (users === undefined && strays === undefined && (copies || part.stripe.entry.maskedRows === 0))
    return part.end - part.start
  if (part.names !== undefined && !copies) return countByName(part, selection).reduce((sum, count) => sum + count, 0)
  const runs = new SelectedRuns()
  runs.take(part, selection)
  return runs.total
}

/** Slice users of the runs that have a row that is taken, and how many rows; grows as needed, used again. */
export class SelectedRuns {
  user = new Uint32Array(1024)
  rows = new Uint32Array(1024)
  count = 0
  /** Rows taken in all runs. */
  total = 0
  /** Bits set before each word of the part. */
  #ranks = new Uint32Array(64)

  /** Fills in the runs of the part. */
  take(part: Part, selection: Selection): void {
    const { first, last } = runsOf(part)
    if (this.user.length <= last - first) {
      this.user = new Uint32Array((last - first) * 2)
      this.rows = new Uint32Array((last - first) * 2)
    }
    const masked = maskedOf(part, selection)
    if (selection.rows !== undefined) this.#takeRows(part, selection.rows, undefined)
    else if (masked !== undefined) this.#takeRows(part, masked, selection)
    else this.#takeRuns(part, selection)
  }

  #takeRuns(part: Part, { users, strays }: Selection): void {
    const { user, end: ends } = part.stripe.userRuns
    const { first, last } = runsOf(part)
    const [outUser, outRows] = [this.user, this.rows]
    let stray = strays === undefined ? 0 : firstFrom(strays.rows, part.start, strays.count)
    let next = strays !== undefined && stray < strays.count ? strays.rows[stray]! : noRow
    let [count, total] = [0, 0]
    let start = part.start
    for (let run = first; run < last; run++) {
      const end = ends[run]!
      const whose = user[run]!
      const passes = users === undefined ? 1 : users[whose]!
      let taken = ((end - start) * passes) | 0
      while (next < end) {
        taken += strayTaken(strays!, stray, whose) - passes
        next = ++stray < strays!.count ? strays!.rows[stray]! : noRow
      }
      outUser[count] = whose
      outRows[count] = taken
      // A run without a row that is taken is overwritten by the next.
      count += (0 - taken) >>> 31
      total += taken
      start = end
    }
    this.count = count
    this.total = total
  }

  /** Takes the rows of a bitset; with `all`, the rows of its users that are *not* in the bitset. */
  #takeRows(part: Part, rows: Uint32Array, all: Selection | undefined): void {
    const { user, end: ends } = part.stripe.userRuns
    const { first, last } = runsOf(part)
    const [outUser, outRows] = [this.user, this.rows]
    const ranks = this.#ranksOf(part, rows)
    const firstWord = part.start >>> 5
    // Bits before the part, in its first word, belong to another.
    let before = popcount32(rows[firstWord]! & ((1 << (part.start & 31)) - 1))
    let [count, total] = [0, 0]
    let start = part.start
    for (let run = first; run < last; run++) {
      const end = ends[run]!
      const whose = user[run]!
      const rest = end & 31
      const rank = ranks[(end >>> 5) - firstWord]! + (rest === 0 ? 0 : popcount32(rows[end >>> 5]! & ((1 << rest) - 1)))
      const passes = all?.users === undefined ? 1 : all.users[whose]!
      const taken = all === undefined ? rank - before : (end - start - (rank - before)) * passes
      outUser[count] = whose
      outRows[count] = taken
      count += (0 - taken) >>> 31
      total += taken
      before = rank
      start = end
    }
    this.count = count
    this.total = total
  }

  /** Bits before each word of the part, and before the word that follows; counted from its first word. */
  #ranksOf(part: Part, rows: Uint32Array): Uint32Array {
    const firstWord = part.start >>> 5
    const words = ((part.end + 31) >>> 5) - firstWord
    if (this.#ranks.length <= words) this.#ranks = new Uint32Array(words * 2 + 2)
    let rank = 0
    for (let i = 0; i < words; i++) {
      this.#ranks[i] = rank
      rank += popcount32(rows[firstWord + i]!)
    }
    this.#ranks[words] = rank
    return this.#ranks
  }
}

export interface MarkedUsers {
  /** Position by slice user; every row of the part has a user. */
  readonly position: Uint32Array
  /** Bit `p - first` is set for position `p`. */
  readonly bits: Uint32Array
  readonly first: number
}

/** Whether `markUsers` can treat the selection. */
export function canMark(part: Part, selection: Selection): boolean {
  return (
    selection.rows === undefined &&
    (selection.copies || selection.strays !== undefined || part.stripe.entry.maskedRows === 0)
  )
}

/** Sets the bits of the users that have a row that is taken; returns how many rows are. */
export function markUsers(
  part: Part,
  { users, strays }: Selection,
  { position, bits, first: base }: MarkedUsers,
): number {
  const { user, end: ends } = part.stripe.userRuns
  const { first, last } = runsOf(part)
  let stray = strays === undefined ? 0 : firstFrom(strays.rows, part.start, strays.count)
  let next = strays !== undefined && stray < strays.count ? strays.rows[stray]! : noRow
  let total = 0
  let start = part.start
  for (let run = first; run < last; run++) {
    const end = ends[run]!
    const whose = user[run]!
    const passes = users === undefined ? 1 : users[whose]!
    let taken = ((end - start) * passes) | 0
    while (next < end) {
      taken += strayTaken(strays!, stray, whose) - passes
      next = ++stray < strays!.count ? strays!.rows[stray]! : noRow
    }
    const bit = position[whose]! - base
    bits[bit >>> 5] = bits[bit >>> 5]! | (((0 - taken) >>> 31) << (bit & 31))
    total += taken
    start = end
  }
  return total
}
