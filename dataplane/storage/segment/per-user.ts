/**
 * Properties that are (nearly) constant per user of a slice: the code is stored once per slice user,
 * and stripes name the rows that differ.
 *
 * Does not: write bytes (`property-column.ts`); this is the decision.
 */
import { planInts } from '../codec/ints.ts'
import type { StripeProperty } from './property-rows.ts'

/** A code per slice user: for each the one that most of its rows have, when there is a majority (Boyer, Moore 1991). */
function majorityCodes(
  stripes: readonly StripeProperty[],
  usersOf: readonly Uint32Array[],
  users: number,
): Uint32Array {
  const codes = new Uint32Array(users)
  const votes = new Int32Array(users)
  for (const { stripe, codes: rowCodes } of stripes) {
    const rowUsers = usersOf[stripe]
    for (let row = 0; row < rowCodes.length; row++) {
      const user = rowUsers[row]
      if (votes[user] === 0) {
        codes[user] = rowCodes[row]
        votes[user] = 1
      } else votes[user] += codes[user] === rowCodes[row] ? 1 : -1
    }
  }
  return codes
}

/** Rows of the stripe whose code is not the user's. */
export function exceptionsOf(codes: Uint32Array, users: Uint32Array, perUser: Uint32Array): Uint32Array {
  const count = countExceptions(codes, users, perUser)
  const rows = new Uint32Array(count)
  for (let row = 0, at = 0; at < count; row++) if (codes[row] !== perUser[users[row]]) rows[at++] = row
  return rows
}

/** Bits of a row number and a code, roughly: what an exception costs. */
const exceptionBits = 20

export interface PerUserChoice {
  readonly codes: Uint32Array
  /** They are the project's; the slice need not store them. */
  readonly shared: boolean
}

/**
 * Codes per slice user, or `undefined` where storing a code per row is smaller. `usersOf`: slice user
 * per row of each stripe; `shared`: codes that the project has for the slice's users. Stripes with a list
 * of entries have no part in it.
 */
export function choosePerUser(
  stripes: readonly StripeProperty[],
  usersOf: readonly Uint32Array[],
  { users, shared }: { readonly users: number; readonly shared: Uint32Array | undefined },
): PerUserChoice | undefined {
  const dense = stripes.filter(({ rows }) => rows === undefined)
  if (dense.length === 0) return undefined
  const own = majorityCodes(dense, usersOf, users)
  let rowBytes = 0
  let ownBytes = planInts(own).bytes
  let sharedBytes = shared === undefined ? Infinity : 0
  for (const { stripe, codes } of dense) {
    const bytes = planInts(codes).bytes
    rowBytes += bytes
    ownBytes += Math.min(bytes, 4 + (countExceptions(codes, usersOf[stripe], own) * exceptionBits) / 8)
    if (shared === undefined) continue
    sharedBytes += Math.min(bytes, 4 + (countExceptions(codes, usersOf[stripe], shared) * exceptionBits) / 8)
  }
  if (shared !== undefined && sharedBytes <= ownBytes && sharedBytes < rowBytes) return { codes: shared, shared: true }
  return ownBytes < rowBytes ? { codes: own, shared: false } : undefined
}

function countExceptions(codes: Uint32Array, users: Uint32Array, perUser: Uint32Array): number {
  let count = 0
  for (let row = 0; row < codes.length; row++) if (codes[row] !== perUser[users[row]]) count++
  return count
}
