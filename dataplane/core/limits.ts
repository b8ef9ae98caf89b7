/**
 * Limits and intervals that shape a running data plane, units last. Each is a default that a
 * configuration may change; limits that belong to a format or to the data model are with their code.
 */

export const shardLimits = {
  /** A cut is made when the tail holds so many rows: about 4 MB of segment, and some 60 MB of memory while it is made. */
  segmentRowsMax: 131_072,
  /** A cut is made when the oldest row of the tail is so old, and the offsets of an idle shard are moved as often. */
  cutAgeMs: 60_000,
  /** A replica that is not the primary cuts when none came for so many intervals. */
  cutIntervalsMissedMax: 3,
  /** How often the need for a cut is looked at. */
  cutTickMs: 250,
  /** How often a replica that is not the primary looks for a newer manifest. */
  followMs: 5_000,
  /** Rows are sealed into a run of the tail at so many, or when a query comes. */
  runRowsMax: 16_384,
  /** Runs that queries made smaller are merged when there are so many of a size, until they have so many rows. */
  runsPerClass: 8,
  fullRunRows: 4_096,
  /** Reading the log pauses above so many rows in the tail: cuts fail for long, and memory must hold. */
  tailRowsMax: 2_097_152,
  /** Reading the log pauses above so many rows that wait to be decided as first or repeated. */
  pendingRowsMax: 524_288,
  /** Bytes asked of the log at once: some thousand rows, applied in one turn of the serving thread. */
  readBytesMax: 256 * 1024,
  /** The longest query: a state of the shard that a cut left behind can be asked for so long. */
  queryDeadlineMs: 30_000,
  /** Pause before something that failed for want of the store or the log is tried again. */
  retryMs: 1_000,
  /** Filters of days without rows in the tail are dropped above so many bytes, the longest unused first. */
  filterBytesMax: 256 * 1024 * 1024,
  /** References that a manifest holds inline before the older half moves to pages. */
  inlineReferencesMax: 256,
  /** Segments opened at once when a shard starts. */
  openSegmentsAtOnce: 16,
} as const

export const ingestLimits = {
  /** Rows wait so long for others of their partition before they are appended. */
  lingerMs: 5,
  /** A record is appended at once when it has so many rows. */
  recordRowsMax: 8_192,
  /**
   * A record holds rows of requests whose bodies are no larger together, unless one alone is. Values
   * that are longer in a record than in JSON (a number in a list: 2 bytes become 10) still fit the log.
   */
  recordBodyBytesMax: 8 * 1024 * 1024,
  /** The largest request: ten MB as sent, and some. */
  requestBytesMax: 12 * 1024 * 1024,
  /** Requests are refused above so many bytes of bodies that are not durable yet. */
  queueBytesMax: 64 * 1024 * 1024,
} as const

export type IngestLimits = { readonly [name in keyof typeof ingestLimits]: number }

export type ShardLimits = { readonly [name in keyof typeof shardLimits]: number }
