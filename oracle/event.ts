/**
 * What the oracle is given: events as they were sent, with the log position that an independent dump of the log shows.
 *
 * Plain data under the names of the import API. The oracle imports nothing of the engine, not even types:
 * what both sides believed together would never be found.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** An event of the import API, `time` in ms. `distinct_id` `''` = no user. */
export interface SentEvent {
  readonly project: string
  readonly event: string
  readonly distinct_id: string
  readonly time: number
  readonly insert_id: string
  readonly properties: { readonly [key: string]: Json }
}

/** Where the log holds a copy: positions order by partition, offset, index; one generation. */
export interface Position {
  readonly partition: number
  readonly offset: number
  readonly index: number
}

export interface LoggedEvent extends SentEvent {
  readonly position: Position
}

/** `duplicate`: an earlier copy exists (ADR 0003). */
export interface StoredEvent extends LoggedEvent {
  readonly duplicate: boolean
}

export function comparePositions(a: Position, b: Position): number {
  return a.partition - b.partition || a.offset - b.offset || a.index - b.index
}

/** ms in a UTC day. */
export const utcDay = 86_400_000
