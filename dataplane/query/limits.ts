/** Bounds of one query. All have defaults; what goes past one is refused, never cut short. */
import { shardLimits } from '../core/limits.ts'

export interface QueryLimits {
  /** Time from the start of the query until it is cancelled. */
  readonly deadlineMs: number
  /** Bytes of bitmaps and rows that one pass over a range of users may hold; more users take more passes. */
  readonly passBytesMax: number
  /** Distinct groups that one counting pass may hold; more groups take more passes. */
  readonly passGroupsMax: number
  /** Bytes that the query may read, of each shard. */
  readonly scanBytesMax: number
  /** Values of an answer: groups shown × buckets. */
  readonly answerValuesMax: number
}

export const defaultLimits: QueryLimits = {
  // A shard keeps what a query pinned for so long, and no longer.
  deadlineMs: shardLimits.queryDeadlineMs,
  passBytesMax: 64 * 1024 * 1024,
  passGroupsMax: 200_000,
  scanBytesMax: Number.POSITIVE_INFINITY,
  answerValuesMax: 1_000_000,
}
