import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { day, type PlainRow, plainRows, sliceArbitrary, sliceOf } from '../../../test/support/segment-rows.ts'
import { dayMs } from '../../schema/event.ts'
import { addDigest, digestOfHashes, digestsEqual, emptyDigest } from './digest.ts'
import { encodeSegment } from './encode.ts'
import { openSegment } from './open.ts'
import { digestRows, rowHashes } from './row-hashes.ts'
import { readSlices } from './rows.ts'
import { BytesSource } from './source.ts'

/** The order of DESIGN section 6, by comparison: the encoder sorts by radix. */
function inOrder(rows: readonly PlainRow[]): PlainRow[] {
  return [...rows].sort(
    (a, b) =>
      compareUtf8(a.project, b.project) ||
      Math.floor(a.time / dayMs) - Math.floor(b.time / dayMs) ||
      compareUtf8(a.event, b.event) ||
      a.h - b.h ||
      compareUtf8(a.user, b.user) ||
      a.time - b.time,
  )
}

/** Rows by (project, day, name); the rows of a group must lie together. */
function groups(rows: readonly PlainRow[]): Map<string, PlainRow[]> {
  const found = new Map<string, PlainRow[]>()
  let before: string | undefined
  for (const row of rows) {
    const key = JSON.stringify([row.project, Math.floor(row.time / dayMs), row.event])
    if (key !== before) {
      expect(found.has(key)).toBe(false)
      found.set(key, [])
      before = key
    }
    found.get(key)!.push(row)
  }
  return found
}

/** Stripes of their own for few rows, loose regions for small ones: what large slices have. */
const limits = fc.record({
  stripeRowsMin: fc.constantFrom(1, 3, 512),
  tightRowsMax: fc.constantFrom(0, 1024),
  tightTableMax: fc.constantFrom(0, 256),
})

test('segment: random rows -> the same rows in (name, h, user, time, arrival) order, with the same digest', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sliceArbitrary, { maxLength: 5 }), limits, async (slices, options) => {
      const { bytes, digest } = encodeSegment(slices, options)
      const segment = await openSegment(new BytesSource(bytes))
      const read = await readSlices(segment)
      expect(groups(read.flatMap(plainRows))).toEqual(groups(inOrder(slices.flatMap(plainRows))))
      const want = slices.map(digestRows).reduce(addDigest, emptyDigest)
      expect(digestsEqual(digest, want)).toBe(true)
      expect(digestsEqual(segment.digest, want)).toBe(true)
      expect(digestsEqual(read.map(digestRows).reduce(addDigest, emptyDigest), want)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('segment: digests by the top bits of h -> those of the rows, and their sum is the slice', async () => {
  const slice = sliceOf(
    Array.from({ length: 5000 }, (_, i) => {
      const event = {
        project: 'p',
        event: 'e',
        distinctId: `u${i % 700}`,
        time: day * dayMs + i,
        insertId: `${i}`,
        properties: {},
      }
      return { event, h: Math.imul(i % 700, 0x9e3779b1) >>> 0, masked: i % 11 === 0 }
    }),
  )
  const segment = await openSegment(new BytesSource(encodeSegment([slice]).bytes))
  const buckets = await (await segment.slice(segment.slices[0])).bucketDigests()
  expect(buckets.length).toBe(64)
  const hashes = rowHashes(slice)
  const want = buckets.map(() => emptyDigest)
  for (let row = 0; row < slice.rows; row++) {
    const bucket = slice.userHashes[slice.user[row]] >>> 26
    want[bucket] = addDigest(want[bucket], digestOfHashes(hashes, slice.masked, row, row + 1))
  }
  expect(buckets).toEqual(want)
  expect(buckets.reduce(addDigest, emptyDigest)).toEqual(segment.digest)
})
