/**
 * The part of a filter that takes rows to tell: bitsets, block by block, from codes and numbers.
 *
 * A block that is not live (outside the time range, or already known to hold nothing) is not
 * decoded; its bits are undefined, and the caller clears them.
 */
import { bug } from '../../../common/errors/errors.ts'
import { blockRows, type PropertyColumn } from '../../storage/segment/contract.ts'
import { andWords, clearRange, clearWords, notRange, orWords, setRange, setWherePass } from '../rows/bits.ts'
import { byEvent, type Part, runsOf } from '../rows/part.ts'
import type { Scratch } from '../rows/scratch.ts'
import { type Filter, holds, type Leaf } from './filter.ts'
import { resolve } from './reference.ts'
import { type CodeTable, mayPass, setWhereNumber } from './table.ts'
import type { FilterUsers } from './users.ts'

export interface RowFilter {
  readonly users: FilterUsers
  readonly scratch: Scratch
  /** 1 per block of the stripe that is worth decoding. */
  readonly live: Uint8Array
}

/** Sets the bits of the part's rows that pass. `out`: words of the part, in any state before. */
export function rowsOf(filter: Filter, part: Part, { out, by }: { out: Uint32Array; by: RowFilter }): void {
  const { start, end } = part
  const users = by.users.usersOf(filter, part)
  if (users !== undefined) {
    clearWords(out, start, end)
    if (users === true) setRange(out, start, end)
    else if (users !== false) setUserRows(out, part, users)
    return
  }
  if (filter.kind === 'leaf') {
    leafRows(filter, part, { out, by })
    return
  }
  if (filter.kind === 'not') {
    rowsOf(filter.part, part, { out, by })
    notRange(out, start, end)
    return
  }
  const combine = filter.kind === 'and' ? andWords : orWords
  const below = by.scratch.bits(end)
  clearWords(out, start, end)
  if (filter.kind === 'and') setRange(out, start, end)
  for (const each of filter.parts) {
    rowsOf(each, part, { out: below, by })
    combine(out, below, start, end)
  }
  by.scratch.release(below)
}

/** Sets the rows of the users that pass. The words of the part are 0 before. */
export function setUserRows(out: Uint32Array, part: Part, users: Uint8Array): void {
  const { user, end: ends } = part.stripe.userRuns
  const { first, last } = runsOf(part)
  let start = part.start
  // The word that is being filled stays in hand: most runs are a few rows within it.
  let word = start >>> 5
  let bits = 0
  for (let run = first; run < last; run++) {
    const end = ends[run]!
    // All ones or none: whether a user passes is as good as random, so it is no branch.
    const passes = (0 - users[user[run]!]!) | 0
    const next = end >>> 5
    if (next === word) bits |= (passes & ((1 << (end - start)) - 1)) << (start & 31)
    else {
      out[word] = bits | (passes << (start & 31))
      if (next > word + 1 && passes !== 0) out.fill(0xffffffff, word + 1, next)
      word = next
      bits = passes & ((1 << (end & 31)) - 1)
    }
    start = end
  }
  if ((start & 31) !== 0) out[word] = bits
}

/** A condition on the event name, over rows of several names. */
function eventRows(leaf: Leaf, part: Part, out: Uint32Array): void {
  clearWords(out, part.start, part.end)
  for (const { event, start, end } of byEvent(part)) {
    if (holds(leaf.condition, resolve(leaf.reference, event))) setRange(out, start, end)
  }
}

function leafRows(leaf: Leaf, part: Part, { out, by }: { out: Uint32Array; by: RowFilter }): void {
  if (leaf.reference.kind === 'field') {
    eventRows(leaf, part, out)
    return
  }
  const column = part.stripe.property(leaf.reference.name) ?? bug('a condition on an absent property was left for rows')
  const table = by.users.tableOf(leaf, column)
  clearWords(out, part.start, part.end)
  const asksNumbers = column.hasNumbers && table.numbers !== undefined
  if (column.perUser !== undefined && !asksNumbers) {
    setUserRows(out, part, by.users.maskOf(leaf, column.perUser.codes, table))
    setExceptions(out, part, { column, table })
    return
  }
  const codesPass = table.anyCode || (column.hasNumbers && table.pass[1] === 1)
  for (let block = Math.floor(part.start / blockRows); block * blockRows < part.end; block++) {
    if (by.live[block] === 0) continue
    const start = Math.max(part.start, block * blockRows)
    const end = Math.min(part.end, (block + 1) * blockRows)
    const count = end - start
    if (codesPass && !column.onlyNumbers) {
      column.codes(start, end, by.scratch.codes)
      setWherePass(out, start, { pass: table.pass, codes: by.scratch.codes, count })
    }
    if (asksNumbers) {
      column.numbers(start, end, by.scratch.numbers)
      setWhereNumber(out, start, { test: table.numbers!, numbers: by.scratch.numbers, count })
    }
  }
}

function setExceptions(
  out: Uint32Array,
  part: Part,
  { column, table }: { column: PropertyColumn; table: CodeTable },
): void {
  const { exceptions, exceptionCodes } = column.perUser!
  for (let i = 0; i < exceptions.length; i++) {
    const row = exceptions[i]!
    if (row < part.start || row >= part.end) continue
    if (table.pass[exceptionCodes[i]!] === 1) setRange(out, row, row + 1)
    else clearRange(out, row, row + 1)
  }
}

/** Marks as not live the blocks in which no row can satisfy the leaf. */
export function skipBlocks(leaf: Leaf, part: Part, by: RowFilter): void {
  if (leaf.reference.kind !== 'property') return
  const column = part.stripe.property(leaf.reference.name)
  if (column === undefined) return
  const table = by.users.tableOf(leaf, column)
  if (table.fewCodes === undefined || (column.hasNumbers && table.pass[1] === 1)) return
  const asksNumbers = column.hasNumbers && table.numbers !== undefined
  if (asksNumbers && column.numberBlocks === undefined) return
  for (let block = Math.floor(part.start / blockRows); block * blockRows < part.end; block++) {
    if (by.live[block] === 0) continue
    const mayNumber =
      asksNumbers && mayPass(table.numbers!, column.numberBlocks!.min[block]!, column.numberBlocks!.max[block]!)
    if (!mayNumber && !table.fewCodes.some((code) => column.blockMayHave(block, code))) by.live[block] = 0
  }
}
