import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayMs } from '../../schema/event.ts'
import { emptyProperties } from '../../schema/properties.ts'
import { SliceBuilder } from '../../storage/segment/builder.ts'
import { encodeSegment } from '../../storage/segment/encode.ts'
import { openSegment } from '../../storage/segment/open.ts'
import { rowHashes } from '../../storage/segment/row-hashes.ts'
import { readSlices } from '../../storage/segment/rows.ts'
import { BytesSource } from '../../storage/segment/source.ts'
import { inOrder, mergeRuns } from './tasks.ts'

const row = fc.record({
  day: fc.nat(1),
  event: fc.constantFrom('A', 'B', 'C'),
  user: fc.nat(5),
  ms: fc.nat(3),
  value: fc.oneof(fc.nat(3), fc.constantFrom('x', 'y'), fc.constant(undefined)),
  masked: fc.boolean(),
})
type Row = typeof row extends fc.Arbitrary<infer Kind> ? Kind : never

/** A run as the tail makes it, with the hashes of its rows in stored order. */
function runOf(rows: readonly Row[], run: number) {
  const builders = [0, 1].map((day) => new SliceBuilder('p', day))
  rows.forEach(({ day, event, user, ms, value, masked }, i) => {
    const properties = Object.assign(emptyProperties(), value === undefined ? {} : { value })
    const fields = { project: 'p', event, distinctId: `u${user}`, insertId: `${run}-${i}`, time: day * dayMs + ms }
    builders[day]!.add({ ...fields, properties }, user * 7919, masked)
  })
  const { bytes, slices } = encodeSegment(builders.map((builder) => builder.finish()))
  const keep = slices.map(({ order }) => Uint32Array.from({ length: (order.length + 31) >>> 5 }, () => 0xaaaaaaaa))
  return { bytes, hashes: slices.map(({ order, hashes }) => inOrder(hashes, order)), keep }
}

test('merge of runs: with the hashes that came with them, or made anew -> the same bytes and hashes (AUD-1, CMP-1)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(row, { minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (runs, isPart) => {
        const inputs = runs.map(runOf).map((run) => (isPart ? run : { ...run, keep: undefined }))
        const part = ({ bytes, keep }: (typeof inputs)[number]) => (keep === undefined ? { bytes } : { bytes, keep })
        const known = await mergeRuns({ inputs: inputs.map((one) => ({ ...part(one), hashes: one.hashes })) })
        const anew = await mergeRuns({ inputs: inputs.map(part) })
        expect(known).toEqual(anew)
        const slices = await readSlices(await openSegment(new BytesSource(known.bytes, 'merged')))
        expect(known.hashes).toEqual(slices.map(rowHashes))
      },
    ),
    { numRuns: 60 },
  )
})
