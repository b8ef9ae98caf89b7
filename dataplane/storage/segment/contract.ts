/**
 * What a segment is to the rest of the engine: rows in, a reader out.
 *
 * The same bytes serve three places, so there is one encoder and one reader: a run of the tail (in
 * memory), a cut (an object of the store) and later a compacted segment. Writers hand over `Slice`s
 * in arrival order; readers see *slices* (project, UTC day) → *stripes* (one event name, or a few
 * rare ones) → columns, sorted by `(h, user id, time)` with arrival order within.
 *
 * Users are numbered per (segment, project): ordinal = index in the project's user table sorted by
 * `(h, id bytes)`. Uniques over many days of one segment need no hash and no ids; several segments
 * are joined by merging their tables (ADR 0006).
 */
import type { Room } from '../../core/ports.ts'
import type { Value } from '../../schema/value.ts'
import type { Digest } from './digest.ts'
import type { RankQuestion } from './rank-kernels.ts'
import type { NameRange, UserBits } from './run-kernels.ts'
import type { StrayQuestion } from './stray-kernels.ts'

/** Random access to immutable bytes. Implementations: memory, an object of a store, a file. */
export interface ByteSource {
  readonly byteLength: number
  /** Name for error messages. */
  readonly name: string
  /** Bytes `[start, end)`, exactly; in `room`, if the source cares to. Counted by tests and in the cost of a query. */
  read(start: number, end: number, room?: Room): Promise<Uint8Array>
}

// ---------------------------------------------------------------------------------------- writing

/** Property codes: 0 = missing, 1 = a number (its value is in `numbers`), `2 + i` = `dictionary[i]`. */
export const missingCode = 0
export const numberCode = 1
export const firstDictionaryCode = 2

/** One property of a slice, sparse: only rows that carry it, ascending. */
export interface PropertyRows {
  readonly name: string
  /** Distinct non-number values, any order, no duplicates (by canonical value bytes). */
  readonly dictionary: readonly Value[]
  /** Row numbers, ascending; `undefined` = every row of the slice, in order. */
  readonly rows: Uint32Array | undefined
  /** A code per entry of `rows`, never 0. */
  readonly codes: Uint32Array
  /** A double per entry where the code is 1; `undefined` when no value is a number. */
  readonly numbers: Float64Array | undefined
}

/** Rows of one (project, UTC day) in arrival order, columnar. All arrays have `rows` entries. */
export interface SliceRows {
  readonly project: string
  readonly day: number
  readonly rows: number
  readonly eventNames: readonly string[]
  /** Index into `eventNames`. */
  readonly event: Uint32Array
  /** Distinct users of the slice, any order: hash and id (UTF-8). Rows without a user have id '' and an `h` of their own. */
  readonly userHashes: Uint32Array
  readonly userIds: readonly string[]
  /** Index into `userIds`. */
  readonly user: Uint32Array
  readonly time: Float64Array
  readonly insertIds: InsertIds
  /** Bit set = a copy of an earlier event (DED-1). Bit `i` is `masked[i >>> 5] & (1 << (i & 31))`. */
  readonly masked: Uint32Array
  readonly properties: readonly PropertyRows[]
  /** Four words per row (`row-hashes.ts`), where they were computed when the rows came; computed by the encoder otherwise. */
  readonly hashes?: Uint32Array
}

/**
 * Insert ids, 16 bytes a row. `form` 0: escape, the text is in `escapes` by row; 1: dashed lower-case
 * UUID; 2: dashed upper; 3: 32 hex digits lower; 4: 32 hex digits upper.
 */
export interface InsertIds {
  readonly bytes: Uint8Array
  readonly form: Uint8Array
  readonly escapes: ReadonlyMap<number, string>
}

// ---------------------------------------------------------------------------------------- reading

/** A slice as the footer names it: enough to prune without reading it. */
export interface SliceEntry {
  readonly index: number
  readonly project: string
  readonly day: number
  readonly rows: number
  readonly maskedRows: number
  readonly minTime: number
  readonly maxTime: number
  /** Where its bytes are. */
  readonly start: number
  readonly end: number
  /** Small: opening it reads all of it. */
  readonly isWhole: boolean
}

/** Counts what one query reads: pass it, and each range read of the source adds to it. Caches that answer add nothing. */
export interface ReadMeter {
  rangeReads: number
  bytesRead: number
}

export interface SliceReading {
  readonly meter?: ReadMeter
  /** Where to read the slice from instead. */
  readonly source?: ByteSource | undefined
  /** Nobody asks for the slice's users before stripes are loaded: they are read with those. */
  readonly usersLater?: boolean
}

export interface Segment {
  readonly source: ByteSource
  /** Sorted by (project bytes, day). */
  readonly slices: readonly SliceEntry[]
  /** Σ row digests of visible and masked rows of the whole segment; from the footer. */
  readonly digest: Digest
  users(project: string, meter?: ReadMeter): Promise<UserTable>
  slice(entry: SliceEntry, reading?: SliceReading): Promise<Slice>
}

/** Users of one project in one segment, sorted by (h, id bytes); the index is the ordinal. */
export interface UserTable {
  readonly count: number
  readonly hashes: Uint32Array
  /** UTF-8 ids back to back; id `i` is `idBytes[idEnds[i - 1] ?? 0 .. idEnds[i])`. */
  readonly idBytes: Uint8Array
  readonly idEnds: Uint32Array
  id(ordinal: number): string
}

export interface Slice {
  readonly entry: SliceEntry
  /** Ordinals (project's table) of the slice's users, ascending; the index is the *slice user*. */
  readonly userOrdinals: Uint32Array
  readonly stripes: readonly StripeEntry[]
  /** Reads the wanted columns of a stripe in as few ranges as it can; decoding happens on use. */
  load(stripe: StripeEntry, want: StripeWant, meter?: ReadMeter): Promise<Stripe>
  /** The same for several stripes of the slice at once: neighbouring ranges become one read. Prefer it. */
  loadAll(stripes: readonly StripeEntry[], want: StripeWant, meter?: ReadMeter): Promise<Stripe[]>
  /**
   * Whether the values of a property in a stripe are those of its users, without exception and without
   * numbers: what the directory says, before anything is loaded.
   */
  followsUsers(stripe: StripeEntry, property: string): boolean
  /**
   * Digests of the rows by the top bits of `h`, 2^bits of them ascending (bits 0 to 8, more for larger
   * slices): what a split is verified with, without reading rows.
   */
  bucketDigests(meter?: ReadMeter): Promise<readonly Digest[]>
  /**
   * Nothing of the slice or its stripes is used any more: the memory of what was decoded serves the
   * next slice. Never needed, but a scan of many slices is faster with it.
   */
  release(): void
}

export interface StripeEntry {
  readonly index: number
  /** One name, or several (sorted by bytes) that have few rows each. */
  readonly events: readonly string[]
  /** Rows are sorted by event name first: those of `events[i]` are `[eventEnds[i - 1] ?? 0, eventEnds[i])`. */
  readonly eventEnds: Uint32Array
  readonly rows: number
  readonly maskedRows: number
  readonly minTime: number
  readonly maxTime: number
  /** Names of properties that occur in the stripe. */
  readonly properties: ReadonlySet<string>
}

export interface StripeWant {
  readonly users?: boolean
  readonly times?: boolean
  readonly insertIds?: boolean
  readonly properties?: readonly string[]
  /** Stripes of which it matters which rows are masked, not only how many of each user; default all. */
  readonly masks?: ((stripe: StripeEntry) => boolean) | undefined
}

/** Loaded columns of a stripe. A getter throws `bug` when the column was not wanted. */
export interface Stripe {
  readonly entry: StripeEntry
  readonly rows: number
  /** `undefined` when no row is masked. */
  readonly masked: Uint32Array | undefined
  /** Runs of rows of one user, in row order: run `r` covers rows `[end[r-1] ?? 0, end[r])` of slice user `user[r]`. A run never spans two event names, so in a stripe of several names a user has several runs. */
  readonly userRuns: { readonly count: number; readonly user: Uint32Array; readonly end: Uint32Array }
  /**
   * Adds to `out[i]` the rows of `entry.events[i]`, for `i` of the range, that are not masked and whose user
   * has a 1 in `passing` (0 or 1 per slice user; `undefined`: all). Touches no row; takes users where `passing`
   * is given.
   */
  countRows(names: NameRange, passing: Uint8Array | undefined, out: Float64Array): void
  /**
   * Sets bit `bitOf[u]` for each slice user `u` that passes and has a row of `entry.events[name]` that is not
   * masked; returns how many such rows there are.
   */
  collectUsers(name: number, into: UserBits): number
  /**
   * Rows of `entry.events[name]` that are taken where a few rows do not go with their user; sets the bits of
   * their users, when there are any to set. Touches no row; takes users and masks.
   */
  takeWithStrays(name: number, question: Pick<StrayQuestion, 'passing' | 'strays' | 'into'>): number
  /** The same where ranks say which rows are taken if their user passes; masked rows are left out by them. */
  takeByRanks(name: number, question: Pick<RankQuestion, 'passing' | 'ranks' | 'into'>): number
  /** Index into `entry.events` per row; all zero for a stripe of one name. Built from `entry.eventEnds`, which costs nothing: prefer those. */
  readonly eventIndex: Uint32Array
  /** Decodes times of rows `[start, end)` into `out[0 ..]`, ms. */
  times(start: number, end: number, out: Float64Array): void
  /** Min and max time of each block of `blockRows` rows. */
  readonly timeBlocks: { readonly min: Float64Array; readonly max: Float64Array }
  insertId(row: number): string
  insertIds(): InsertIds
  /** `undefined` when no row of the stripe has the property. */
  property(name: string): PropertyColumn | undefined
  /** Blocks decoded so far, for the cost of a query. */
  readonly blocksRead: number
}

/** Rows of a stripe that do not go with their user, ascending; the first `count` are meant. */
export interface StrayRows {
  readonly rows: Uint32Array
  /** `strayFails`, `strayPasses` or `strayMasked` (`stray-kernels.ts`). */
  readonly states: Uint8Array
  readonly count: number
  /** 1 per slice user that a stray that passes must have; `undefined`: any. */
  readonly users: Uint8Array | undefined
}

/** Rows per block: the unit of decoding and of min/max. */
export const blockRows = 1024

export interface PropertyColumn {
  /**
   * Values by code - 2, sorted by canonical value bytes. Codes as in `PropertyRows`. One array for all
   * stripes of a slice; where values come back on most days, one for all slices of the project, the
   * same object each time: cache what you derive from it (a `WeakMap` by dictionary). It may hold
   * values that the slice does not have.
   */
  readonly dictionary: readonly Value[]
  readonly hasNumbers: boolean
  /** True when every row of the stripe has code 1: `codes` need not be asked. */
  readonly onlyNumbers: boolean
  /**
   * Set when the value is stored once per user of the slice: code per slice user; rows in
   * `exceptions` (ascending row numbers, with `exceptionCodes`) differ.
   */
  readonly perUser: PerUserCodes | undefined
  /** Decodes codes of rows `[start, end)` into `out[0 ..]`. Works for per-user columns too. */
  codes(start: number, end: number, out: Uint32Array): void
  /** Decodes numbers of rows `[start, end)` into `out[0 ..]`; NaN where the code is not 1. */
  numbers(start: number, end: number, out: Float64Array): void
  /** Per block: min and max number (NaN when none), or `undefined` when not kept. */
  readonly numberBlocks: { readonly min: Float64Array; readonly max: Float64Array } | undefined
  /** True when the block can contain the code; answers true when it does not know. */
  blockMayHave(block: number, code: number): boolean
}

export interface PerUserCodes {
  readonly codes: Uint32Array
  readonly exceptions: Uint32Array
  readonly exceptionCodes: Uint32Array
}

// Functions, by file:
// `builder.ts`     SliceBuilder(project, day): append(columns, { rows?, masked? }) · add(event, h, masked?) · finish(): SliceRows
// `encode.ts`      encodeSegment(slices: readonly SliceRows[]): { bytes: Uint8Array, digest: Digest }
// `open.ts`        openSegment(source: ByteSource): Promise<Segment>
// `rows.ts`        readSlices(segment, filter?): Promise<SliceRows[]>
// `digest.ts`      addDigest · subtractDigest · digestsEqual · digestText · digestOfHashes(hashes, masked, from, to)
// `row-hashes.ts`  rowHashes(slice): Uint32Array(4 * rows) · digestRows(slice): Digest
// `source.ts`      BytesSource · CountingSource
