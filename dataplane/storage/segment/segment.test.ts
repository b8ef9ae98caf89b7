import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { type PlainRow, plainRows, sliceArbitrary } from '../../../test/support/segment-rows.ts'
import { addDigest, digestsEqual, emptyDigest } from './digest.ts'
import { encodeSegment } from './encode.ts'
import { openSegment } from './open.ts'
import { digestRows } from './row-hashes.ts'
import { readSlices } from './rows.ts'
import { BytesSource } from './source.ts'

/** The order of DESIGN section 6, by comparison: the encoder sorts by radix. */
function inOrder(rows: readonly PlainRow[]): PlainRow[] {
  return [...rows].sort(
    (a, b) =>
      compareUtf8(a.project, b.project) ||
      compareUtf8(a.event, b.event) ||
      a.h - b.h ||
      compareUtf8(a.user, b.user) ||
      a.time - b.time,
  )
}

test('segment: random rows -> the same rows in (name, h, user, time, arrival) order, with the same digest', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sliceArbitrary, { maxLength: 4 }), async (slices) => {
      const { bytes, digest } = encodeSegment(slices)
      const segment = await openSegment(new BytesSource(bytes))
      const read = await readSlices(segment)
      expect(read.flatMap(plainRows)).toEqual(inOrder(slices.flatMap(plainRows)))
      const want = slices.map(digestRows).reduce(addDigest, emptyDigest)
      expect(digestsEqual(digest, want)).toBe(true)
      expect(digestsEqual(segment.digest, want)).toBe(true)
      expect(digestsEqual(read.map(digestRows).reduce(addDigest, emptyDigest), want)).toBe(true)
    }),
    { numRuns: 300 },
  )
})
