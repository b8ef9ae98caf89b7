import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CorruptError } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import { day, plainRows, sliceArbitrary, sliceOf } from '../../../test/support/segment-rows.ts'
import { dayMs } from '../../schema/event.ts'
import { encodeSegment } from './encode.ts'
import { encodeLimits } from './layout.ts'
import { openSegment } from './open.ts'
import { readSlices } from './rows.ts'
import { BytesSource } from './source.ts'

async function readAll(bytes: Uint8Array) {
  return (await readSlices(await openSegment(new BytesSource(bytes, 'seg')))).map(plainRows)
}

async function expectDamage(bytes: Uint8Array): Promise<void> {
  const error = await readAll(bytes).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof CorruptError)) throw error ?? new Error('the damage was not seen')
  expect(error.code).toBe('SEGMENT_CORRUPT')
  expect(error.object).toBe('seg')
  expect(error.offset).toBeGreaterThanOrEqual(0)
  expect(error.message).toMatch(/got .*, want .*/)
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >>> 3] ^= 1 << (bit & 7)
  return copy
}

/** Large enough for loose regions, own stripes, several blocks, masks and escapes. */
function largeSlice(rows: number) {
  return sliceOf(
    Array.from({ length: rows }, (_, i) => ({
      event: {
        project: 'p',
        event: i % 7 === 0 ? `rare ${i % 3}` : 'View',
        distinctId: `u${i % 300}`,
        time: day * dayMs + ((i * 7919) % dayMs),
        insertId: i % 50 === 0 ? `id-${i}` : `00000000-0000-4000-8000-${(i * 65537).toString(16).padStart(12, '0')}`,
        properties: { plan: `plan ${i % 300}`, n: i % 3 === 0 ? 'text' : i / 100, url: `/page/${(i * 31) % 997}` },
      },
      h: i % 300,
      masked: i % 100 === 0,
    })),
  )
}

const small = encodeSegment([
  sliceOf([
    {
      event: {
        project: 'p',
        event: 'e',
        distinctId: 'u',
        time: day * dayMs,
        insertId: 'i',
        properties: { a: [1, null], b: 0.1 },
      },
      h: 3,
      masked: true,
    },
  ]),
]).bytes
const large = encodeSegment([largeSlice(3 * encodeLimits.tightRowsMax)]).bytes

test('segment: any one bit flipped in a small file -> SEGMENT_CORRUPT with object, offset, got and want', async () => {
  for (let bit = 0; bit < small.length * 8; bit++) await expectDamage(flipped(small, bit))
})

test('segment: a bit flipped anywhere in a large file, padding too -> SEGMENT_CORRUPT', async () => {
  const bits = fc.nat({ max: large.length * 8 - 1 })
  await fc.assert(
    fc.asyncProperty(bits, (bit) => expectDamage(flipped(large, bit))),
    { numRuns: 300 },
  )
})

test('segment: cut off anywhere, or with bytes added -> SEGMENT_CORRUPT', async () => {
  for (let length = 0; length < small.length; length++) await expectDamage(small.slice(0, length))
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: large.length - 1 }), (length) => expectDamage(large.slice(0, length))),
    { numRuns: 100 },
  )
  await expectDamage(Uint8Array.from([...small, 0]))
  await expectDamage(Uint8Array.from([...small, 0, 0, 0, 0, 0, 0, 0, 0]))
})

test('segment: another format version -> FORMAT_UNKNOWN, not damage', async () => {
  const newer = small.slice()
  newer[7] = 2
  newer[newer.length - 1] = 2
  await expect(readAll(newer)).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' })
})

test('segment: two random files, one bit flipped -> the rows that were written or SEGMENT_CORRUPT, never others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sliceArbitrary, { maxLength: 3 }), fc.nat(), async (slices, at) => {
      const { bytes } = encodeSegment(slices)
      await expectDamage(flipped(bytes, at % (bytes.length * 8)))
    }),
    { numRuns: 100 },
  )
})

test('segment: bytes forged and their checksum made to fit -> other rows or a refusal, never a crash', async () => {
  // A tight region is under one checksum, so all encodings can be forged by mending one.
  const limits = { tightRowsMax: 1 << 20, tightTableMax: 1 << 20, stripeRowsMin: 30, packBytesMin: 300 }
  const { bytes } = encodeSegment([largeSlice(200), largeSlice(90)], limits)
  const { footer, slices } = await openSegment(new BytesSource(bytes))
  const tables = [...footer.projects.values()].map(({ table }) => table)
  const regions = [...slices, ...tables].map(({ start, end }) => ({ start, end, crc: start }))
  const footerStart = tables[tables.length - 1].end
  const parts = [...regions, { start: footerStart - 4, end: bytes.length - 16, crc: bytes.length - 12 }]
  const change = fc.tuple(fc.nat({ max: parts.length - 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }))
  await fc.assert(
    fc.asyncProperty(change, async ([part, at, xor]) => {
      const { start, end, crc } = parts[part]
      const forged = bytes.slice()
      forged[start + 4 + (at % (end - start - 4))] ^= xor
      new DataView(forged.buffer).setUint32(crc, crc32(forged.subarray(start + 4, end)), true)
      const error = await readAll(forged).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (error !== undefined && !(error instanceof CorruptError)) throw error
    }),
    { numRuns: 300 },
  )
})
