/**
 * Users across sources: one number per user of a shard for the time of a query.
 *
 * Each segment numbers its users by (h, id bytes) (ADR 0006). The tables are merged once; after that
 * every kernel works on *positions*: position `p` is the p-th user of the shard in that order, and
 * no id is touched again. A row without a user has the position that it would sort at, with
 * `noUser` set, so that a range of positions also splits the rows without a user.
 */
import type { UserTable } from '../../storage/segment/contract.ts'

/** Flag in a position: the row has no user. */
export const noUser = 0x80000000
export const positionMask = 0x7fffffff

export interface JoinedUsers {
  /** Number of users; positions are below it, but for rows without a user, which may reach it. */
  readonly count: number
  /** Per table: position by ordinal; `undefined` when every ordinal is its own position. */
  readonly positions: readonly (Uint32Array | undefined)[]
}

/** Users of some tables in (h, id) order, each once: the table and ordinal where its id stands. */
interface Union {
  readonly count: number
  readonly hash: Uint32Array
  readonly table: Uint32Array
  readonly ordinal: Uint32Array
}

export function joinUsers(tables: readonly UserTable[]): JoinedUsers {
  const [only] = tables
  if (only === undefined) return { count: 0, positions: [] }
  if (tables.length === 1 && !hasUserless(only)) return { count: only.count, positions: [undefined] }
  // Smallest first, like a Huffman tree, so that many small runs do not each walk the large tables.
  const unions = tables.map((table, i) => unionOf(table, i)).sort((a, b) => b.count - a.count)
  while (unions.length > 1) {
    const merged = merge(tables, unions.pop()!, unions.pop()!)
    let at = unions.length
    while (at > 0 && unions[at - 1]!.count < merged.count) at--
    unions.splice(at, 0, merged)
  }
  const all = unions[0]!
  return { count: all.count, positions: tables.map((_, i) => positionsOf(tables, i, all)) }
}

function hasUserless(table: UserTable): boolean {
  const { idEnds, count } = table
  let before = 0
  for (let i = 0; i < count; i++) {
    if (idEnds[i] === before) return true
    before = idEnds[i]!
  }
  return false
}

function unionOf(table: UserTable, index: number): Union {
  const hash = new Uint32Array(table.count)
  const ordinal = new Uint32Array(table.count)
  let count = 0
  let before = 0
  for (let i = 0; i < table.count; i++) {
    const end = table.idEnds[i]!
    if (end !== before) {
      hash[count] = table.hashes[i]!
      ordinal[count++] = i
    }
    before = end
  }
  return { count, hash, ordinal, table: new Uint32Array(count).fill(index) }
}

function merge(tables: readonly UserTable[], a: Union, b: Union): Union {
  const hash = new Uint32Array(a.count + b.count)
  const table = new Uint32Array(a.count + b.count)
  const ordinal = new Uint32Array(a.count + b.count)
  let [i, j, count] = [0, 0, 0]
  while (i < a.count || j < b.count) {
    let order: number
    if (j >= b.count) order = -1
    else if (i >= a.count) order = 1
    else {
      order = a.hash[i]! - b.hash[j]!
      if (order === 0)
        order = compareIds(tables[a.table[i]!]!, a.ordinal[i]!, { table: tables[b.table[j]!]!, ordinal: b.ordinal[j]! })
    }
    const from = order <= 0 ? a : b
    const at = order <= 0 ? i : j
    hash[count] = from.hash[at]!
    table[count] = from.table[at]!
    ordinal[count++] = from.ordinal[at]!
    if (order <= 0) i++
    if (order >= 0) j++
  }
  return { count, hash, table, ordinal }
}

/** Walks one table along the union; both are in the same order. */
function positionsOf(tables: readonly UserTable[], index: number, all: Union): Uint32Array {
  const own = tables[index]!
  const positions = new Uint32Array(own.count)
  let at = 0
  let before = 0
  for (let i = 0; i < own.count; i++) {
    const hash = own.hashes[i]!
    while (at < all.count && all.hash[at]! < hash) at++
    const end = own.idEnds[i]!
    if (end === before) positions[i] = (at | noUser) >>> 0
    else {
      // Users of one hash are almost always one user; its own entry needs no comparison.
      while (all.table[at] !== index || all.ordinal[at] !== i) {
        const other = { table: tables[all.table[at]!]!, ordinal: all.ordinal[at]! }
        if (compareIds(own, i, other) === 0) break
        at++
      }
      positions[i] = at
    }
    before = end
  }
  return positions
}

/** Order of two ids by bytes, where their hashes are equal. */
export function compareIds(table: UserTable, ordinal: number, other: { table: UserTable; ordinal: number }): number {
  let i = ordinal === 0 ? 0 : table.idEnds[ordinal - 1]!
  let j = other.ordinal === 0 ? 0 : other.table.idEnds[other.ordinal - 1]!
  const length = table.idEnds[ordinal]! - i
  const otherLength = other.table.idEnds[other.ordinal]! - j
  const end = i + Math.min(length, otherLength)
  const left = table.idBytes
  const right = other.table.idBytes
  for (; i < end; i++, j++) {
    if (left[i] !== right[j]) return left[i]! - right[j]!
  }
  return length - otherLength
}
