/**
 * A chunk of the workload: rows in arrival order, as typed columns.
 *
 * Property codes are those of the segment contract: 0 = missing, 1 = a number (its value in
 * `numbers`), 2 + i = `dictionary[i]`.
 */
import type { Value } from '../dataplane/schema/value.ts'

/** Whether a property's value is constant for the user, for the session, or drawn for each event. */
export type PropertyLevel = 'user' | 'session' | 'event'

export interface WorkloadProperty {
  readonly name: string
  readonly level: PropertyLevel
  /** The whole vocabulary, occurring or not; for `session_id` those of the chunk. No duplicates. */
  readonly dictionary: readonly Value[]
  /** A code per row. */
  readonly codes: Uint32Array
  /** A double per row where the code is 1; `undefined` when the property has no numbers. */
  readonly numbers: Float64Array | undefined
}

export interface WorkloadChunk {
  readonly seed: number
  /** Rows before this chunk. */
  readonly start: number
  readonly rows: number
  /** Index into `eventNames`. */
  readonly event: Uint16Array
  /** Index of the user; `userId(seed, user)` is the `distinct_id`. */
  readonly user: Uint32Array
  /** ms since the epoch. */
  readonly time: Float64Array
  /** When the event reached the collector, ms since the epoch, ascending. */
  readonly arrival: Float64Array
  /** 16 bytes a row: random UUIDs of version 4. */
  readonly insertIds: Uint8Array
  /** 1 = a later copy of an earlier row: same user, event, insert id and UTC day. */
  readonly copy: Uint8Array
  /** Seventeen, in a fixed order. */
  readonly properties: readonly WorkloadProperty[]
}
