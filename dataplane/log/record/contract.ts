/**
 * What a log record is to the code around it: rows in, columns or events out.
 *
 * Ingest hands over rows of several requests and projects for one partition (`encodeRecord`); the
 * tail reads a block as columns (`decodeBlock`), in the shape of the segment contract's `SliceRows`
 * without day and masks, so that nothing is hashed or built per row; exports, dumps and tests read
 * `Event`s with positions (`decodeEvents`).
 *
 * Does not: say where the bytes lie (`layout.ts`), or place events (`dataplane/schema/placement.ts`).
 */
import type { Event, LogPosition } from '../../schema/event.ts'
import type { Value } from '../../schema/value.ts'
import type { EventTape } from './tape.ts'

/** An event with its placement: what ingest made of it. */
export interface RecordRow {
  readonly event: Event
  /** Placement hash, u32 (ADR 0002). */
  readonly h: number
  /** Position on the ring, u32. */
  readonly position: number
  readonly tape?: undefined
}

/** The same for an event of a tape. */
export interface TapeRow extends Pick<RecordRow, 'h' | 'position'> {
  readonly tape: EventTape
  /** Which one; it is not kept whole. */
  readonly row: number
}

export interface RecordInput {
  readonly generation: number
  readonly partition: number
  /**
   * Rows of any projects, at least one. Positions ascend within a project (a stable sort by position
   * does it), so that the rows of one user keep the order in which they were accepted.
   */
  readonly rows: readonly (RecordRow | TapeRow)[]
  /** Spread (k) by project that the positions were computed with; 16 where absent. */
  readonly spreads?: ReadonlyMap<string, number>
}

/** What the header says of a block; enough to skip it undecompressed. */
export interface BlockEntry {
  readonly project: string
  /** Placement version: the spread that positions were computed with. */
  readonly spread: number
  readonly minPosition: number
  readonly maxPosition: number
  readonly rows: number
  /** Index in the record of the block's first row; its rows are consecutive (ADR 0007). */
  readonly firstIndex: number
  readonly rawBytes: number
  readonly storedBytes: number
}

/** A validated header. Blocks are in the byte order of their project ids. */
export interface EventRecord {
  readonly kind: 'events'
  readonly generation: number
  readonly partition: number
  readonly rows: number
  readonly minPosition: number
  readonly maxPosition: number
  readonly blocks: readonly Block[]
}

/** A block that is still encoded: pass it to `decodeBlock`. */
export interface Block extends BlockEntry {
  /** Name for error messages, for example `partition 3 offset 17`. */
  readonly object: string
  /** Stored bytes, a view of the record. */
  readonly stored: Uint8Array
  /** Byte offset of `stored` in the record, for error messages. */
  readonly offset: number
  readonly encoding: number
  readonly crc: number
}

/**
 * Rows of one project in the record's order, columnar: `SliceRows` of the segment contract without
 * `day` and `masked` (a block may span days; whether a row is a copy is not known yet).
 */
export interface BlockRows {
  readonly project: string
  readonly rows: number
  readonly firstIndex: number
  readonly eventNames: readonly string[]
  /** Index into `eventNames`. */
  readonly event: Uint32Array
  /** Distinct (h, id) pairs of the block; rows without a user have id '' and an `h` of their own. */
  readonly userHashes: Uint32Array
  readonly userIds: readonly string[]
  /** Index into `userIds`. */
  readonly user: Uint32Array
  /** Integer ms. */
  readonly time: Float64Array
  readonly insertIds: BlockInsertIds
  readonly properties: readonly BlockProperty[]
}

/** As `InsertIds` of the segment contract: 16 bytes a row; form 0 escape, 1 dashed lower, 2 dashed upper, 3 plain lower, 4 plain upper. */
export interface BlockInsertIds {
  readonly bytes: Uint8Array
  readonly form: Uint8Array
  readonly escapes: ReadonlyMap<number, string>
}

/** As `PropertyRows` of the segment contract: code 1 = a number, `2 + i` = `dictionary[i]`. */
export interface BlockProperty {
  readonly name: string
  /** Distinct values that are not numbers. */
  readonly dictionary: readonly Value[]
  /** Rows that carry the property, ascending; `undefined` = every row. */
  readonly rows: Uint32Array | undefined
  /** A code per entry of `rows`, never 0. */
  readonly codes: Uint32Array
  /** A double per entry where the code is 1 (0 elsewhere); `undefined` when no value is a number. */
  readonly numbers: Float64Array | undefined
}

/** An event as the log holds it. */
export interface PlacedEvent {
  readonly event: Event
  readonly h: number
  readonly at: LogPosition
}

// Functions, by file:
// `encode.ts`  encodeRecord(input: RecordInput): Uint8Array
// `open.ts`    openRecord(bytes: Uint8Array, object: string): EventRecord
// `decode.ts`  decodeBlock(block: Block): BlockRows
// `events.ts`  decodeEvents(record: EventRecord, offset: number): Generator<PlacedEvent>
