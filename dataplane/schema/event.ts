/**
 * The event after validation: what is logged, stored, exported. Immutable.
 */
import type { Value } from './value.ts'

export interface Event {
  /** The project's immutable id, never a Kubernetes name. */
  readonly project: string
  /** Event name. */
  readonly event: string
  /** As sent. `''` = no user: left out of reports that count users. */
  readonly distinctId: string
  /** Integer ms since the epoch; never rewritten. */
  readonly time: number
  readonly insertId: string
  /** Without `time`, `distinct_id`, `$insert_id` and `token`. Own enumerable keys only; made by `emptyProperties`, so that it inherits no names. */
  readonly properties: Readonly<Record<string, Value>>
}

/** Position of a record's row in the log; orders rows of a user (ADR 0003). */
export interface LogPosition {
  readonly generation: number
  readonly partition: number
  readonly offset: number
  readonly index: number
}

/**
 * How far a reader has applied the log: per partition the next offset to read. Written `W` in docs.
 * A partition that is absent was not read.
 */
export interface OffsetVector {
  readonly generation: number
  readonly next: ReadonlyMap<number, number>
}

/** ms in a UTC day; the day of a time is `Math.floor(time / dayMs)`. */
export const dayMs = 86_400_000
