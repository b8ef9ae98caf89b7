/**
 * What a query reads: an immutable picture of some shards at an offset vector.
 *
 * A shard hands over its `ShardView` (`shard.view(at)`); the query engine only reads it, so one view
 * serves many queries while the shard goes on (MAN-1, QRY-1). A view holds everything before `at`
 * and nothing after it: rows of a source that lie past `at` are named by `hidden`.
 *
 * Does not: open segments, choose replicas, or decide what is masked. Rows that repeat an earlier
 * event carry their bit in the segment (DED-1).
 */
import type { OffsetVector } from '../schema/event.ts'
import type { HashRange } from '../schema/placement.ts'
import type { Segment, SliceEntry, StripeEntry } from '../storage/segment/contract.ts'

/** One segment as a shard sees it: an object of the store, or a run of the tail. */
export interface SourceView {
  readonly segment: Segment
  /**
   * Ranges of `h` of the project's rows that belong to this view; `undefined` (the method or its
   * answer): all. Ranges ascend and do not overlap.
   */
  clip?(project: string): readonly HashRange[] | undefined
  /**
   * Rows of a stripe that lie after the view's offset vector, as a bitset (bit `i` is
   * `bits[i >>> 5] & (1 << (i & 31))`, a set bit is hidden); `undefined`: none.
   */
  hidden?(slice: SliceEntry, stripe: StripeEntry): Uint32Array | undefined
}

/** One shard at one offset vector. Users of different shards are disjoint. */
export interface ShardView {
  readonly at: OffsetVector
  /** Rows before `at` that are not decided as first or repeated yet, so in no source. */
  readonly pending: number
  /** In arrival order: every row of a source arrived before every row of the next that has the same user. */
  readonly sources: readonly SourceView[]
}
