/** Bounds of one query. All have defaults; what goes past one is refused, never cut short. */
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
  deadlineMs: 60_000,
  passBytesMax: 64 * 1024 * 1024,
  passGroupsMax: 200_000,
  scanBytesMax: Number.POSITIVE_INFINITY,
  answerValuesMax: 1_000_000,
}
