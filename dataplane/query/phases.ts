/**
 * A query in two halves: a shard answers *phases* with partials, and the merge asks all shards phase by
 * phase until it has an answer. The halves meet in `Shards`: views in this process, or replicas behind a
 * network (`phase-json.ts` says how phases and partials travel).
 *
 * Only aggregates are partials: no id and no bitmap of a user leaves a shard.
 */
import type { FunnelPartial } from './funnel/shard.ts'
import type { CohortPartial } from './retention/shard.ts'
import type { Key } from './segmentation/groups.ts'
import type { KeyPartition } from './segmentation/keys.ts'
import type { SegmentationPartial } from './segmentation/partial.ts'
import type { KeyCount, TooManyGroups } from './segmentation/shard.ts'

export type Phase =
  | { readonly kind: 'funnel' }
  | { readonly kind: 'retention' }
  /** All groups, if they are no more than the request shows. */
  | { readonly kind: 'groups' }
  /** Events of every group of a partition of the keys. */
  | { readonly kind: 'counts'; readonly partitions: readonly KeyPartition[] }
  /** These groups, and all others as one. */
  | { readonly kind: 'fixed'; readonly keys: readonly Key[] }

/** What a shard answers, by phase. */
export interface Partials {
  readonly funnel: FunnelPartial
  readonly retention: readonly CohortPartial[]
  readonly groups: SegmentationPartial | TooManyShown
  readonly counts: readonly KeyCount[] | TooManyGroups
  readonly fixed: SegmentationPartial
}

/** The shard has more groups than the request shows. */
export interface TooManyShown {
  readonly tooMany: true
}

export type PhaseOf<Kind extends Phase['kind']> = Extract<Phase, { readonly kind: Kind }>

/** All shards of a query at one moment. Users of different shards are disjoint. */
export interface Shards {
  /** A partial of each shard. The list may end early with one that says that there are too many groups: the rest is not looked at. */
  ask<Kind extends Phase['kind']>(phase: PhaseOf<Kind>): Promise<readonly Partials[Kind][]>
}
