/**
 * What scans walk: a *part* is a range of rows of one stripe, usually all rows of one event name; a
 * *slice frame* is what its parts share.
 */
import { firstFrom } from '../../storage/codec/first-from.ts'
import type { Slice, Stripe } from '../../storage/segment/contract.ts'
import type { NameRange } from '../../storage/segment/run-kernels.ts'
import type { Leaf } from '../filter/filter.ts'

export interface Part {
  readonly frame: SliceFrame
  readonly stripe: Stripe
  /** Rows `[start, end)` of the stripe. */
  readonly start: number
  readonly end: number
  /** The one event name of the rows; `undefined` when they have several (`byEvent`). */
  readonly event: string | undefined
  /** The part is all rows of these names of the stripe; `undefined`: it is some rows of one. */
  readonly names: NameRange | undefined
}

/** The part as parts of one event name each. What was selected of the part holds for each of them. */
export function byEvent(part: Part): readonly Part[] {
  if (part.event !== undefined) return [part]
  const { frame, stripe } = part
  return stripe.entry.events.map((_, name) => partOfName(frame, stripe, name))
}

/** All rows of one event name of a stripe. */
export function partOfName<Frame extends SliceFrame>(frame: Frame, stripe: Stripe, name: number) {
  const { events, eventEnds } = stripe.entry
  const start = name === 0 ? 0 : eventEnds[name - 1]!
  return { frame, stripe, start, end: eventEnds[name]!, event: events[name]!, names: { first: name, last: name + 1 } }
}

/** A slice of one source, as one query sees it. */
export interface SliceFrame {
  /** Place of the source in its shard's arrival order. */
  readonly source: number
  readonly slice: Slice
  /** Number of slice users. */
  readonly users: number
  /** 1 per slice user that the query may see here (clip, range of users); `undefined`: all. */
  readonly seen: Uint8Array | undefined
  /** Rows that lie after the view's offset vector. */
  hidden(stripe: Stripe): Uint32Array | undefined
  /** 1 per slice user whose id satisfies the leaf, a condition on `distinct_id`. */
  usersWhere(leaf: Leaf): Uint8Array
  /** Id of a slice user. */
  idOf(user: number): string
  /** Results of `usersOf` on inner nodes, by node; see `filter/users.ts`. */
  readonly derived: Map<object, DerivedUsers>
}

export interface DerivedUsers {
  readonly inputs: readonly Uint8Array[]
  readonly users: Uint8Array
}

/** First and last run of a part: `[first, last)` of `stripe.userRuns`. */
export function runsOf({ stripe, start, end }: Part): { first: number; last: number } {
  const { count, end: ends } = stripe.userRuns
  if (start === 0 && end === stripe.rows) return { first: 0, last: count }
  return { first: firstFrom(ends, start + 1, count), last: firstFrom(ends, end, count) + 1 }
}
