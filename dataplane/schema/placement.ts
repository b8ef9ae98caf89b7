/**
 * Where an event lives (ADR 0002): hash, position on the ring, partition, and the ranges of the hash
 * that a range of the ring means for one project.
 *
 *   h         = xxh32(distinct_id, or insert_id where there is no user; seed = xxh32(project, 0))
 *   base      = xxh32(project, 'anab')
 *   position  = (base + top k bits of h) mod 2^32          k = spread of the project, 0..16
 *   partition = top bits of the position
 *
 * Each project occupies 2^k points of the ring, evenly spaced; the point is the ring's finest unit,
 * so a user's events of one project are never apart. All hashes and positions are unsigned 32-bit
 * numbers. Does not: know shards, or which spread a project has.
 */
import { xxh32String } from '../../common/hash/xxh32.ts'

/** The ring has 2^32 places. */
export const ringSize = 0x1_0000_0000

/** Spread of a project that says nothing: everywhere. Also the largest. */
export const spreadMax = 16

/** 'anab' in ASCII. */
const baseSeed = 0x616e6162

/** A range of `h`: `start <= h < end`, `end` up to 2^32. */
export interface HashRange {
  readonly start: number
  readonly end: number
}

/** The rows of one project that belong to a part of the ring. Computed at `spread`; a changed spread changes no stored row. */
export interface Clip {
  /** Placement version: the spread that the ranges were computed at. */
  readonly spread: number
  /** Ascending, neither empty nor touching; at most two. None: no row. */
  readonly ranges: readonly HashRange[]
}

/** A range of the ring: `start <= position < end`; `start` 0 to 2^32 - 1, `end` up to 2^32. */
export interface RingRange {
  readonly start: number
  readonly end: number
}

/** Seed of a project's hashes. */
export function projectSeed(project: string): number {
  return xxh32String(project, 0)
}

/** Where a project's points start on the ring. */
export function projectBase(project: string): number {
  return xxh32String(project, baseSeed)
}

/** `h` of an event, where the project's seed is at hand. */
export function seededHash(seed: number, distinctId: string, insertId: string): number {
  return xxh32String(distinctId === '' ? insertId : distinctId, seed)
}

/** `h` of an event. */
export function placementHash(project: string, distinctId: string, insertId: string): number {
  return seededHash(projectSeed(project), distinctId, insertId)
}

/** Position on the ring of a hash, from the project's base at spread `k`. */
export function position(base: number, h: number, spread: number): number {
  return (base + (spread === 0 ? 0 : h & (-1 << (32 - spread)))) >>> 0
}

/** Partition of a position, for a power of two of partitions. */
export function partitionOf(ringPosition: number, partitions: number): number {
  return partitions === 1 ? 0 : ringPosition >>> (Math.clz32(partitions) + 1)
}

/**
 * Which hashes of a project lie in a range of the ring at spread `k`. The position is monotone in `h`
 * up to rotation by the base, so that is one range, or two where the rotation cuts it.
 */
export function clipOf(base: number, range: RingRange, spread: number): Clip {
  const step = ringSize / 2 ** spread
  // The range seen from the base: points lie at 0, step, 2 step, ... and wrap at the ring's end.
  const start = (range.start - base + ringSize) % ringSize
  const end = start + (range.end - range.start)
  const first = firstPoint(start, step)
  const last = firstPoint(Math.min(end, ringSize), step)
  const wrapped = end > ringSize ? firstPoint(end - ringSize, step) : 0
  const ranges: HashRange[] = []
  if (wrapped > 0) ranges.push({ start: 0, end: wrapped })
  if (first < last && first <= wrapped) return { spread, ranges: [{ start: 0, end: last }] }
  if (first < last) ranges.push({ start: first, end: last })
  return { spread, ranges }
}

/** The lowest point at or after a place, as the hash that it starts at. */
function firstPoint(place: number, step: number): number {
  return Math.ceil(place / step) * step
}

/** True when the hash belongs to the clip. */
export function clipHas(clip: Clip, h: number): boolean {
  return clip.ranges.some((range) => h >= range.start && h < range.end)
}
