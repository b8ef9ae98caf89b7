/**
 * The users of a project's slices, numbered by `(h, id bytes)`: ordinals (ADR 0006).
 *
 * Does not: write or read the table (`user-table.ts`).
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import type { SliceRows } from './contract.ts'
import { UserInterner } from './interner.ts'

/** Stands for a user of a slice that no row has. */
export const unusedUser = 0xffffffff

export interface SortedUsers {
  readonly hashes: Uint32Array
  readonly ids: readonly string[]
}

/** The sorted users, and per slice the ordinal of each of its users (`unusedUser` for those without rows). */
export function sortUsers(slices: readonly SliceRows[]): {
  readonly users: SortedUsers
  readonly ordinals: readonly Uint32Array[]
} {
  const interner = new UserInterner()
  const numbers = slices.map((slice) => numberUsers(slice, interner))
  const { hashes, ids } = interner
  const order = sorted(hashes, ids)
  const ordinalOf = new Uint32Array(order.length)
  for (let ordinal = 0; ordinal < order.length; ordinal++) ordinalOf[order[ordinal]] = ordinal
  return {
    users: {
      hashes: Uint32Array.from(order, (user) => hashes[user]),
      ids: Array.from(order, (user) => ids[user]),
    },
    ordinals: numbers.map((list) => list.map((number) => (number === unusedUser ? unusedUser : ordinalOf[number]))),
  }
}

function numberUsers({ rows, user, userHashes, userIds }: SliceRows, interner: UserInterner): Uint32Array {
  const numbers = new Uint32Array(userIds.length).fill(unusedUser)
  for (let row = 0; row < rows; row++) {
    const local = user[row]
    if (numbers[local] === unusedUser) numbers[local] = interner.intern(userHashes[local], userIds[local])
  }
  return numbers
}

/** Largest count of users whose hash and number fit a double together. */
const numbersMax = 1 << 21

/** Numbers of the users by `(h, id bytes)`. */
function sorted(hashes: readonly number[], ids: readonly string[]): Uint32Array {
  const count = ids.length
  const compare = (a: number, b: number) => hashes[a] - hashes[b] || compareUtf8(ids[a], ids[b])
  if (count > numbersMax) return new Uint32Array(count).map((_, i) => i).sort(compare)
  // Sorting plain numbers is many times faster than calling back; the few equal hashes are put right after.
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) keys[i] = hashes[i] * numbersMax + i
  keys.sort()
  const order = Uint32Array.from(keys, (key) => key % numbersMax)
  for (let start = 0; start < count; ) {
    let end = start + 1
    while (end < count && hashes[order[end]] === hashes[order[start]]) end++
    if (end - start > 1) order.subarray(start, end).sort(compare)
    start = end
  }
  return order
}
