/**
 * Builds the filter of a (project, day) from the segments that hold rows of it: after a restart, and for
 * days that were not touched for long.
 *
 * Masked rows need not be looked at apart: their key is the key of a first copy. Clips are not applied: a
 * key too many costs an exact comparison, never an answer.
 */
import type { Segment } from '../storage/segment/contract.ts'
import { DayFilter } from './day-filter.ts'
import { dedupeKeys } from './key.ts'
import { type DayOf, sliceOf } from './segment-copies.ts'

/** Throws what reading the segments throws: `UnavailableError`, `CorruptError`. */
export async function loadFilter(segments: readonly Segment[], of: DayOf): Promise<DayFilter> {
  const holding = segments.flatMap((segment) => {
    const entry = sliceOf(segment, of)
    return entry === undefined ? [] : [{ segment, entry }]
  })
  const filter = new DayFilter(holding.reduce((rows, { entry }) => rows + entry.rows, 0))
  for (const { segment, entry } of holding) {
    const [slice, users] = await Promise.all([segment.slice(entry), segment.users(of.project)])
    const userIds = Array.from(slice.userOrdinals, (ordinal) => users.id(ordinal))
    for (const stripe of await slice.loadAll(slice.stripes, { users: true, insertIds: true })) {
      const user = new Uint32Array(stripe.rows)
      const { count, user: runUser, end } = stripe.userRuns
      for (let r = 0; r < count; r++) user.fill(runUser[r]!, end[r - 1] ?? 0, end[r]!)
      const columns = {
        eventNames: stripe.entry.events,
        event: stripe.eventIndex,
        userIds,
        user,
        insertIds: stripe.insertIds(),
      }
      const keys = dedupeKeys(
        columns,
        Uint32Array.from({ length: stripe.rows }, (_, row) => row),
      )
      for (let i = 0; i < keys.length; i += 2) filter.add(keys[i]!, keys[i + 1]!)
    }
  }
  return filter
}
