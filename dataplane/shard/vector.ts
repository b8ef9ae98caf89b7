/**
 * Offset vectors: how far which partitions were applied. They order states of a shard partially.
 */
import type { OffsetVector } from '../schema/event.ts'
import { type RingRange, ringSize } from '../schema/placement.ts'

/** True when `a` has everything that `b` has, in the partitions that `b` names. */
export function covers(a: OffsetVector, b: OffsetVector): boolean {
  if (a.generation !== b.generation) return false
  for (const [partition, next] of b.next) if ((a.next.get(partition) ?? 0) < next) return false
  return true
}

/** `{ 0: 17, 1: 4 }` and the like, for messages. */
export function vectorText({ generation, next }: OffsetVector): string {
  const parts = [...next].sort(([a], [b]) => a - b).map(([partition, offset]) => `${partition}: ${offset}`)
  return `generation ${generation} { ${parts.join(', ')} }`
}

/** Partitions that hold rows of a range of the ring, ascending. `partitions` is a power of two. */
export function partitionsOf(ring: RingRange, partitions: number): number[] {
  const width = ringSize / partitions
  const first = Math.floor(ring.start / width)
  const last = Math.ceil(ring.end / width) - 1
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

/** What a shard reads and never changes, for comparing and for messages. */
export function rangeText({ ring, offsets }: { ring: RingRange; offsets: OffsetVector }): string {
  return `ring ${ring.start} to ${ring.end}, generation ${offsets.generation}, partitions ${[...offsets.next.keys()]}`
}
