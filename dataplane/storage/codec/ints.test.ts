import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader } from '../../../common/bytes/reader.ts'
import { BodyReader, ColumnSink } from './body.ts'
import { planInts, writeInts } from './ints.ts'
import { type Ints, readInts } from './ints-reader.ts'

function writeAndRead(values: Uint32Array, tight: boolean): { ints: Ints; bytes: number } {
  const sink = new ColumnSink({ tight, packBytesMin: 512 })
  writeInts(values, sink)
  const head = new ByteReader(sink.head.finish(), { object: 'ints', code: 'SEGMENT_CORRUPT' })
  const body = new BodyReader(sink.body.finish(), tight, { object: 'ints', offset: 0 })
  const ints = readInts(head, body, values.length)
  head.expectEnd()
  body.finish()
  return { ints, bytes: sink.head.length + sink.body.length }
}

/** Values of many shapes: narrow, wide, in steps by block, with outliers. */
const sequence = fc
  .record({
    count: fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(1023, 1024, 1025, 2500)),
    width: fc.integer({ min: 0, max: 32 }),
    step: fc.constantFrom(0, 1, 5000, 1 << 20),
    outliers: fc.constantFrom(0, 0, 7, 100),
    seed: fc.integer({ min: 1, max: 0x7fffffff }),
  })
  .map(({ count, width, step, outliers, seed }) => {
    let state = seed
    const random = () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state >>> 0
    }
    return Uint32Array.from({ length: count }, (_, i) => {
      if (outliers > 0 && random() % outliers === 0) return random()
      return (width === 0 ? 0 : random() >>> (32 - width)) + step * Math.floor(i / 1024)
    })
  })

test('ints: any sequence, loose or tight -> the same values, whole and in any range', () => {
  fc.assert(
    fc.property(sequence, fc.boolean(), fc.nat(), fc.nat(), (values, tight, a, b) => {
      const { ints } = writeAndRead(values, tight)
      expect(ints.all()).toEqual(values)
      const [start, end] = [a % (values.length + 1), b % (values.length + 1)].sort((x, y) => x - y)
      const out = new Uint32Array(end - start + 2).fill(7)
      ints.decode(start, end, out, 1)
      expect(out).toEqual(Uint32Array.from([7, ...values.subarray(start, end), 7]))
    }),
    { numRuns: 500 },
  )
})

test('ints: each width from 0 to 32, over two blocks -> the same values', () => {
  for (let width = 0; width <= 32; width++) {
    const values = Uint32Array.from({ length: 1500 }, (_, i) =>
      width === 0 ? 0 : Math.imul(i, 0x9e3779b1) >>> (32 - width),
    )
    values[0] = 0
    if (width > 0) values[1] = 2 ** width - 1
    expect(writeAndRead(values, false).ints.all()).toEqual(values)
  }
})

test.each([
  ['all equal', (_: number) => 4_000_000_000, 'constant', 8],
  ['small', (i: number) => 1_000_000 + (i % 8), '3 bits', 4096 * 0.375 + 16],
  [
    'near each other in a block',
    (i: number) => Math.floor(i / 1024) * 100_000 + (i % 16),
    '4 bits by block',
    4096 * 0.5 + 40,
  ],
  [
    'small but for one in 200',
    (i: number) => (i % 200 === 0 ? 0x7fffffff : i % 4),
    '2 bits by block, patched',
    4096 * 0.25 + 260,
  ],
])('ints: values %s -> written as %s within its size', (_, value, encoding, bytes) => {
  const values = Uint32Array.from({ length: 4096 }, (_, i) => value(i))
  const written = writeAndRead(values, false)
  expect(written.ints.encoding).toBe(encoding)
  expect(written.bytes).toBeLessThanOrEqual(bytes)
  expect(Math.abs(written.bytes - planInts(values).bytes)).toBeLessThan(16)
})

test('ints: bounds of a block -> no value of the block outside', () => {
  fc.assert(
    fc.property(sequence, (values) => {
      const { ints } = writeAndRead(values, true)
      for (let i = 0; i < values.length; i++) {
        const { low, high } = ints.bounds(i >>> 10)
        expect(values[i] >= low && values[i] <= high).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})
