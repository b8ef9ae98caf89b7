import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader } from '../../../common/bytes/reader.ts'
import { BodyReader, ColumnSink } from './body.ts'
import { writeDoubles } from './doubles.ts'
import { type Doubles, readDoubles } from './doubles-reader.ts'

function writeAndRead(values: Float64Array, tight = false): { doubles: Doubles; bytes: number } {
  const sink = new ColumnSink({ tight, packBytesMin: 512 })
  writeDoubles(values, sink)
  const head = new ByteReader(sink.head.finish(), { object: 'doubles', code: 'SEGMENT_CORRUPT' })
  const body = new BodyReader(sink.body.finish(), tight, { object: 'doubles', offset: 0 })
  const doubles = readDoubles(head, body, values.length)
  head.expectEnd()
  body.finish()
  return { doubles, bytes: sink.head.length + sink.body.length }
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value))
const values = fc.oneof(
  fc.array(finite),
  fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 2500, size: 'max' }),
  fc.array(
    fc.integer({ min: -10_000, max: 10_000 }).map((cents) => cents / 100 + 0),
    { maxLength: 100 },
  ),
  fc.array(fc.maxSafeInteger()),
  fc.array(fc.oneof({ weight: 30, arbitrary: fc.nat({ max: 99 }) }, { weight: 1, arbitrary: finite }), {
    maxLength: 400,
    size: 'max',
  }),
  fc.array(fc.constantFrom(1 / 3, Math.PI, -1 / 7), { maxLength: 100 }),
)

test('doubles: any values, loose or tight -> the same bits, whole and in any range', () => {
  fc.assert(
    fc.property(values, fc.boolean(), fc.nat(), fc.nat(), (list, tight, a, b) => {
      const written = Float64Array.from(list)
      const { doubles } = writeAndRead(written, tight)
      expect(doubles.all()).toEqual(written)
      const [start, end] = [a % (written.length + 1), b % (written.length + 1)].sort((x, y) => x - y)
      const out = new Float64Array(end - start + 1)
      doubles.decode(start, end, out, 1)
      expect(out.subarray(1)).toEqual(written.subarray(start, end))
    }),
    { numRuns: 300 },
  )
})

const random = (i: number) => (Math.imul(i + 1, 0x9e3779b1) >>> 0) / 2 ** 32

test.each([
  ['whole numbers below 60,000', (i: number) => Math.floor(random(i) * 60_000), '16 bits', 2.01],
  ['prices', (i: number) => Math.floor(random(i) * 10_000) / 100, '/100 14 bits', 1.77],
  [
    'prices and one in 100 without end',
    (i: number) => (i % 100 === 0 ? random(i) : (i % 1000) / 100),
    '/100 10 bits, exceptions',
    1.4,
  ],
  ['times in ms', (i: number) => 1_767_225_600_000 + Math.floor(random(i) * 3e9), '32 bits', 4.02],
  [
    'numbers that differ by more than 2^32',
    (i: number) => Math.floor(random(i) * 1e12),
    'wide, 8 bits and 32 bits',
    5.03,
  ],
  ['seven fractions again and again', (i: number) => 1 / (3 + (i % 7)), 'table of 7, 3 bits', 0.4],
  ['fractions', random, 'doubles', 8.01],
])('doubles: %s -> written as %s within its size', (_, value, encoding, bytesEach) => {
  const { doubles, bytes } = writeAndRead(Float64Array.from({ length: 4000 }, (_unused, i) => value(i)))
  expect(doubles.encoding).toBe(encoding)
  expect(bytes / 4000).toBeLessThanOrEqual(bytesEach)
})
