import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  clipHas,
  clipOf,
  partitionOf,
  placementHash,
  position,
  projectBase,
  projectSeed,
  ringSize,
  seededHash,
  spreadMax,
} from './placement.ts'

interface Placement {
  project: string
  distinctId: string
  insertId: string
  spread: number
  seed: number
  base: number
  h: number
  position: number
  partitions: number
  partition: number
}
interface ClipVector {
  project: string
  base: number
  spread: number
  start: number
  end: number
  ranges: [number, number][]
}
const vectors: { placements: Placement[]; clips: ClipVector[] } = JSON.parse(
  readFileSync(new URL('placement.vectors.json', import.meta.url), 'utf8'),
)

const u32 = fc.integer({ min: 0, max: 0xffffffff })
const spread = fc.integer({ min: 0, max: spreadMax })
/** A range of the ring, often with a bound on the project's own points. */
const bound = (base: number, k: number) =>
  fc.oneof(
    u32,
    fc.nat(2 ** k).map((point) => (base + point * (ringSize / 2 ** k)) % ringSize),
    fc.constantFrom(0, ringSize),
  )

test('placement: each vector -> its seed, base, hash, position and partition', () => {
  expect(vectors.placements.length).toBeGreaterThanOrEqual(100)
  for (const v of vectors.placements) {
    const seed = projectSeed(v.project)
    const base = projectBase(v.project)
    const h = placementHash(v.project, v.distinctId, v.insertId)
    const at = position(base, h, v.spread)
    expect({ ...v, seed, base, h, position: at, partition: partitionOf(at, v.partitions) }).toEqual(v)
    expect(seededHash(seed, v.distinctId, v.insertId)).toBe(h)
  }
})

test('placement: each vector of a ring range -> its ranges of h', () => {
  for (const v of vectors.clips) {
    expect(projectBase(v.project)).toBe(v.base)
    const ranges = clipOf(v.base, v, v.spread).ranges.map((range) => [range.start, range.end])
    expect({ ...v, ranges }).toEqual(v)
  }
})

test('placement: events without a user -> spread by their insert ids; with a user the insert id has no say', () => {
  expect(placementHash('demo', '', 'a')).not.toBe(placementHash('demo', '', 'b'))
  expect(placementHash('demo', '', 'a')).toBe(placementHash('demo', 'a', 'anything'))
})

test('placement: growing h at a fixed spread -> positions that grow, up to one wrap', () => {
  fc.assert(
    fc.property(u32, spread, fc.array(u32, { minLength: 2, maxLength: 30 }), (base, k, hashes) => {
      const positions = hashes.sort((a, b) => a - b).map((h) => position(base, h, k))
      const wraps = positions.filter((at, index) => index > 0 && at < positions[index - 1]).length
      expect(wraps).toBeLessThanOrEqual(1)
      if (wraps === 1) expect(positions[positions.length - 1]).toBeLessThan(base)
    }),
  )
})

test('placement: a project at spread k -> at most 2^k points, evenly spaced from the base', () => {
  fc.assert(
    fc.property(u32, spread, u32, (base, k, h) => {
      const offset = (position(base, h, k) - base + ringSize) % ringSize
      expect(offset % (ringSize / 2 ** k)).toBe(0)
      expect(h - offset).toBeLessThan(ringSize / 2 ** k)
      expect(h - offset).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('placement: the spread raised by one -> half of the users of each point stay, the others move to one new point', () => {
  const users = Array.from({ length: 4000 }, (_, i) => placementHash('demo', `user-${i}`, ''))
  const base = projectBase('demo')
  for (let k = 0; k < 4; k++) {
    const points = Map.groupBy(users, (h) => position(base, h, k))
    expect(points.size).toBe(2 ** k)
    for (const [point, hashes] of points) {
      const stay = hashes.filter((h) => position(base, h, k + 1) === point).length
      expect(stay / hashes.length).toBeGreaterThan(0.4)
      expect(stay / hashes.length).toBeLessThan(0.6)
      expect(new Set(hashes.map((h) => position(base, h, k + 1))).size).toBe(2)
    }
  }
  // Exactly half of the hashes themselves: the next bit decides.
  fc.assert(
    fc.property(u32, fc.integer({ min: 0, max: spreadMax - 1 }), u32, (anyBase, k, h) => {
      const other = (h ^ (1 << (31 - k))) >>> 0
      const stays = (hash: number) => position(anyBase, hash, k) === position(anyBase, hash, k + 1)
      expect(stays(h)).toBe(!stays(other))
    }),
  )
})

test('placement: any range of the ring -> exactly the hashes whose position lies in it, in at most two ranges', () => {
  const input = fc
    .tuple(u32, spread)
    .chain(([base, k]) => fc.tuple(fc.constant(base), fc.constant(k), bound(base, k), bound(base, k), fc.array(u32)))
  fc.assert(
    fc.property(input, ([base, k, one, other, hashes]) => {
      const start = Math.min(one, other, ringSize - 1)
      const end = Math.max(one, other)
      const clip = clipOf(base, { start, end }, k)
      expect(clip.spread).toBe(k)
      expect(clip.ranges.length).toBeLessThanOrEqual(2)
      const edges = clip.ranges.flatMap((range) => [range.start - 1, range.start, range.end - 1, range.end])
      for (const h of [...hashes, 0, 0xffffffff, ...edges.filter((edge) => edge >= 0 && edge < ringSize)]) {
        const at = position(base, h, k)
        expect(clipHas(clip, h)).toBe(at >= start && at < end)
      }
      for (const [index, range] of clip.ranges.entries()) {
        expect(range.start).toBeLessThan(range.end)
        if (index > 0) expect(range.start).toBeGreaterThan(clip.ranges[index - 1].end)
      }
    }),
    { numRuns: 500 },
  )
})

test('placement: a ring cut in pieces -> every hash in exactly one of them', () => {
  fc.assert(
    fc.property(u32, spread, fc.uniqueArray(u32, { maxLength: 6 }), fc.array(u32), (base, k, cuts, hashes) => {
      const bounds = [...new Set([0, ...cuts])].sort((a, b) => a - b)
      const clips = bounds.map((start, index) => clipOf(base, { start, end: bounds[index + 1] ?? ringSize }, k))
      for (const h of hashes) expect(clips.filter((clip) => clipHas(clip, h)).length).toBe(1)
    }),
  )
})

test('placement: partitions -> the top bits, so that partition bounds are ring bounds', () => {
  for (let bits = 0; bits <= 16; bits++) {
    const partitions = 2 ** bits
    const width = ringSize / partitions
    for (const index of [0, partitions >> 1, partitions - 1]) {
      expect(partitionOf(index * width, partitions)).toBe(index)
      expect(partitionOf(index * width + width - 1, partitions)).toBe(index)
    }
  }
})
