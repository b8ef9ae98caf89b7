/**
 * A segmentation over shards. Where all groups fit the answer, one scan is enough. Else the top
 * groups are found first: events are counted per group, in as many partitions of the keys as memory
 * asks for, then the measure is taken of the groups that are shown and of all others as one. So
 * top-N is exact, whatever the number of groups (QRY-1).
 */
import { type QueryContext, tooLarge } from '../context.ts'
import type { Shards } from '../phases.ts'
import type { SegmentationRequest } from '../request/request.ts'
import type { Key } from './groups.ts'
import type { KeyPartition } from './keys.ts'
import { keyId, mergePartials, type SegmentationPartial } from './partial.ts'
import { TopGroups } from './rank.ts'

export type { SegmentationResult } from './result.ts'

import { type SegmentationResult, segmentationResult } from './result.ts'
import type { KeyCount, TooManyGroups } from './shard.ts'

export async function runSegmentation(
  shards: Shards,
  request: SegmentationRequest,
  context: QueryContext,
): Promise<SegmentationResult> {
  const { answerValuesMax } = context.limits
  const whole = await allGroups(shards, request)
  context.cost.enter('merge')
  if (whole !== undefined) return segmentationResult(request, whole, { otherGroups: 0, answerValuesMax })
  const top = await topGroups(shards, request)
  const partials = await shards.ask({ kind: 'fixed', keys: top.keys })
  context.cost.enter('merge')
  const merged = mergePartials(partials, request.measure.kind)
  return segmentationResult(request, merged, { otherGroups: top.groups - top.keys.length, answerValuesMax })
}

/** All groups of all shards, if they are no more than the request shows. */
async function allGroups(shards: Shards, request: SegmentationRequest): Promise<SegmentationPartial | undefined> {
  const partials: SegmentationPartial[] = []
  for (const partial of await shards.ask({ kind: 'groups' })) {
    if ('tooMany' in partial) return undefined
    partials.push(partial)
  }
  const merged = mergePartials(partials, request.measure.kind)
  return merged.groups.length > request.limit ? undefined : merged
}

/** With 200,000 groups a pass, 13 billion groups. */
const partitionsMax = 65_536

interface Top {
  readonly keys: readonly Key[]
  /** Number of all groups. */
  readonly groups: number
}

async function topGroups(shards: Shards, request: SegmentationRequest): Promise<Top> {
  const partitions = request.breakdown.map(() => 1)
  for (;;) {
    const top = await topOf(shards, request, partitions)
    if ('keys' in top) return top
    partitions[top.reference] = partitions[top.reference]! * 2
  }
}

async function topOf(
  shards: Shards,
  request: SegmentationRequest,
  counts: readonly number[],
): Promise<Top | TooManyGroups> {
  const top = new TopGroups(request.limit)
  let groups = 0
  for (const partitions of partitionsOf(counts)) {
    const merged = await countGroups(shards, partitions)
    if ('reference' in merged) return merged
    for (const group of merged) top.add(group)
    groups += merged.length
  }
  return { keys: top.sorted().map((ranked) => ranked.key), groups }
}

/** Events of the groups of one combination of partitions, in all shards. */
async function countGroups(
  shards: Shards,
  partitions: readonly KeyPartition[],
): Promise<readonly KeyCount[] | TooManyGroups> {
  const merged = new Map<string, { key: Key; events: number }>()
  const answers = await shards.ask({ kind: 'counts', partitions })
  for (const counted of answers) {
    // Keys of one shard are distinct.
    if ('reference' in counted || answers.length === 1) return counted
    for (const { key, events } of counted) {
      const id = keyId(key)
      const known = merged.get(id)
      if (known === undefined) merged.set(id, { key, events })
      else known.events += events
    }
  }
  return [...merged.values()]
}

/**
 * Every combination of a partition per reference, one at a time. Throws `QUERY_TOO_LARGE` for more than any data fills:
 * then it is not the number of groups, but values made to fall into one partition.
 */
function* partitionsOf(counts: readonly number[]): Generator<KeyPartition[]> {
  const all = counts.reduce((product, count) => product * count, 1)
  if (all > partitionsMax) tooLarge('parts of the groups that are counted apart', all, partitionsMax)
  for (let i = 0; i < all; i++) {
    let rest = i
    yield counts.map((count) => {
      const index = rest % count
      rest = (rest - index) / count
      return { index, count }
    })
  }
}
