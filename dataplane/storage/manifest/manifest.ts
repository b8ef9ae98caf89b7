/**
 * The manifest: the one statement of what a shard consists of (ADR 0009).
 *
 * A shard's visible state is its newest manifest and the log from the manifest's offsets on; it changes
 * only by a new version, put at a key that nobody else can take (MAN-1). Old versions stay: they are the
 * snapshots.
 *
 * Does not: hold rows, or say which version is newest (`load.ts`), or become durable (`commit.ts`).
 */
import type { OffsetVector } from '../../schema/event.ts'
import type { Clip, RingRange } from '../../schema/placement.ts'
import type { Digest } from '../segment/digest.ts'

export interface Manifest {
  readonly shard: string
  /** From 1, without gaps. */
  readonly version: number
  /** The version that this one was made from; 0 for the first. */
  readonly previous: number
  /** 16 random bytes in hex, fresh for each commit: whose manifest it is after a lost reply. */
  readonly nonce: string
  readonly routingEpoch: number
  readonly ring: RingRange
  /** Version of the table of spreads that rows of this shard were placed by. */
  readonly placementVersion: number
  /** Everything before it is in the segments, nothing after it. Only partitions that the shard reads. */
  readonly offsets: OffsetVector
  /** The number of the shard's next cut. */
  readonly nextCut: number
  /** Newer references, in order of their cuts. */
  readonly references: readonly SegmentReference[]
  /** Where the older references are, in order of days. */
  readonly pages: readonly PageReference[]
  readonly operation: Operation
}

export interface SegmentReference {
  readonly id: string
  readonly key: string
  /** What the shard sees of a segment that others see too; `null` = all of it. */
  readonly clip: ReferenceClip | null
  /** Numbers of the cuts that it holds: one for a cut, an interval once compacted. Orders the rows of a user. */
  readonly cuts: { readonly first: number; readonly last: number }
  readonly rows: number
  readonly bytes: number
  /** First and last UTC day of its rows, inclusive. */
  readonly days: DayRange
  /** Of the whole object, without the clip. */
  readonly digest: Digest
}

/** What is visible of a segment, by project. A project that is not listed is not visible. */
export type ReferenceClip = readonly (Clip & { readonly project: string })[]

export interface DayRange {
  readonly first: number
  readonly last: number
}

/** An immutable object that holds older references whose last day is `day`. */
export interface PageReference {
  readonly day: number
  readonly key: string
  /** murmur128 of the page's bytes in hex: its name, and the proof that it is the page meant. */
  readonly digest: string
  readonly references: number
  /** Union of the days of its references, so that a query for other days need not read it. */
  readonly days: DayRange
}

/** What the version changed, with the proof that no row got lost or altered. */
export type Operation =
  | { readonly kind: 'create' }
  | {
      readonly kind: 'cut'
      /** Of the rows in the log from the previous version's offsets to this one's, by the tail that applied them. */
      readonly input: Digest
      /** Of the object that was written, by decoding it. */
      readonly output: Digest
      /** `null`: the range held no rows of this shard and only the offsets moved. */
      readonly segment: string | null
    }
  | {
      readonly kind: 'rebuild'
      /** The version that this one goes on from. Those between did not hold what the log says, and nobody goes on from them. */
      readonly base: number
      /** Of the rows in the log from the base's offsets to this version's, read from the log once more. */
      readonly input: Digest
      readonly output: Digest
      readonly segment: string | null
    }
