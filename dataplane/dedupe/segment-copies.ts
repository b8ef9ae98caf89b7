/**
 * The exact comparison of rows with what segments hold (DED-1).
 *
 * A row is looked up where the sort order puts it: the slice of its (project, day), the stripe of its
 * event, the run of its user, then the insert ids of that run. Rows of one batch share every read. Segments
 * are asked from the newest to the oldest, since a retry comes soon.
 *
 * Does not: decide what to do when the store is away (the error passes through), or keep what it read.
 */
import { compareUtf8 } from '../../common/bytes/compare.ts'
import { utf8BytesMax, writeUtf8 } from '../../common/bytes/utf8.ts'
import type { Segment, Slice, SliceEntry, Stripe, StripeEntry, UserTable } from '../storage/segment/contract.ts'
import { sameInsertId } from '../storage/segment/insert-id-text.ts'
import type { IdentityColumns } from './key.ts'

export interface DayOf {
  readonly project: string
  readonly day: number
}

/** The order of slices in a segment: by the bytes of the project's id, then by day. */
export function compareDays(a: DayOf, b: DayOf): number {
  return compareUtf8(a.project, b.project) || a.day - b.day
}

/** Columns that can also be found in a segment: users carry their placement hash. */
export interface PlacedColumns extends IdentityColumns {
  readonly userHashes: Uint32Array
}

/**
 * Which of `rows` (row numbers of `columns`) have a copy in one of the segments. `segments` in arrival
 * order. Throws what reading them throws: `UnavailableError`, `CorruptError`.
 */
export async function findCopies(
  segments: readonly Segment[],
  of: DayOf,
  { columns, rows }: { columns: PlacedColumns; rows: readonly number[] },
): Promise<Set<number>> {
  const found = new Set<number>()
  let open = rows
  for (let i = segments.length - 1; i >= 0 && open.length > 0; i--) {
    const entry = sliceOf(segments[i]!, of)
    if (entry === undefined) continue
    await findInSlice(segments[i]!, entry, { columns, rows: open, found })
    open = open.filter((row) => !found.has(row))
  }
  return found
}

/** The segment's slice of a (project, day), if it has one. */
export function sliceOf({ slices }: Segment, of: DayOf): SliceEntry | undefined {
  const entry = slices[firstIndex(slices.length, (i) => compareDays(slices[i]!, of) >= 0)]
  return entry !== undefined && compareDays(entry, of) === 0 ? entry : undefined
}

interface Search {
  readonly columns: PlacedColumns
  readonly rows: readonly number[]
  readonly found: Set<number>
}

async function findInSlice(segment: Segment, entry: SliceEntry, search: Search): Promise<void> {
  const [slice, users] = await Promise.all([segment.slice(entry), segment.users(entry.project)])
  const wanted = rowsByStripe(slice, users, search)
  if (wanted.size === 0) return
  const stripes = await slice.loadAll([...wanted.keys()], { users: true, insertIds: true })
  for (const stripe of stripes) findInStripe(stripe, wanted.get(stripe.entry)!, search)
}

interface Place {
  readonly row: number
  /** Index of the row's event in the stripe's names, and of its user in the slice's users. */
  readonly name: number
  readonly user: number
}

/** Places rows; those whose event or user the slice does not have are dropped, without a read. */
function rowsByStripe(slice: Slice, users: UserTable, { columns, rows }: Search): Map<StripeEntry, Place[]> {
  const places = new Map<StripeEntry, Place[]>()
  for (const row of rows) {
    const event = columns.eventNames[columns.event[row]!]!
    const stripe = slice.stripes.find(({ events }) => nameIndex(events, event) !== -1)
    if (stripe === undefined) continue
    const user = columns.user[row]!
    const ordinal = ordinalOf(users, columns.userHashes[user]!, columns.userIds[user]!)
    const at = firstIndex(slice.userOrdinals.length, (i) => slice.userOrdinals[i]! >= ordinal)
    if (ordinal === -1 || slice.userOrdinals[at] !== ordinal) continue
    const place = { row, name: nameIndex(stripe.events, event), user: at }
    const others = places.get(stripe)
    if (others === undefined) places.set(stripe, [place])
    else others.push(place)
  }
  return places
}

function findInStripe(stripe: Stripe, places: readonly Place[], { columns, found }: Search): void {
  const { count, user: runUser, end: runEnd } = stripe.userRuns
  const ids = stripe.insertIds()
  for (const { row, name, user } of places) {
    const start = stripe.entry.eventEnds[name - 1] ?? 0
    const end = stripe.entry.eventEnds[name]!
    // Within one event name the runs ascend by user, so the user's runs are neighbours.
    const first = firstIndex(count, (r) => runEnd[r]! > start && (runUser[r]! >= user || runEnd[r]! > end))
    for (let r = first; r < count && runUser[r] === user && runEnd[r]! <= end; r++) {
      for (let at = runEnd[r - 1] ?? 0; at < runEnd[r]!; at++) {
        if (sameInsertId(ids, at, columns.insertIds, row)) found.add(row)
      }
    }
  }
}

/** Position of the user in a table sorted by (h, id bytes), or -1. */
function ordinalOf(users: UserTable, hash: number, id: string): number {
  const bytes = new Uint8Array(utf8BytesMax(id))
  const wanted = bytes.subarray(0, writeUtf8(id, bytes, 0))
  const compare = (ordinal: number) => {
    const difference = users.hashes[ordinal]! - hash
    if (difference !== 0) return difference
    return Buffer.compare(users.idBytes.subarray(users.idEnds[ordinal - 1] ?? 0, users.idEnds[ordinal]!), wanted)
  }
  const ordinal = firstIndex(users.count, (i) => compare(i) >= 0)
  return ordinal < users.count && compare(ordinal) === 0 ? ordinal : -1
}

function nameIndex(sorted: readonly string[], name: string): number {
  const at = firstIndex(sorted.length, (i) => compareUtf8(sorted[i]!, name) >= 0)
  return sorted[at] === name ? at : -1
}

/** The first index below `count` for which the test is true, `count` when there is none. The test must be monotone. */
function firstIndex(count: number, test: (index: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (test(middle)) high = middle
    else low = middle + 1
  }
  return low
}
