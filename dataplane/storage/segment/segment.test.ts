import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { day, type PlainRow, plainRows, sliceArbitrary, sliceOf } from '../../../test/support/segment-rows.ts'
import { dayMs } from '../../schema/event.ts'
import type { Value } from '../../schema/value.ts'
import { numberCode, type SliceRows } from './contract.ts'
import { addDigest, digestOfHashes, digestsEqual, emptyDigest } from './digest.ts'
import { encodeSegment } from './encode.ts'
import { inspectSegment } from './inspect.ts'
import { openSegment } from './open.ts'
import { digestRows, rowHashes } from './row-hashes.ts'
import { readSlices } from './rows.ts'
import { BytesSource } from './source.ts'

/** The order of ADR 0003, by comparison: the encoder sorts by radix. */
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
    { numRuns: 200 },
  )
})

/** Rows of one day and few users, with properties of every form: by row, by user, rare, mixed, numbers of every encoding. */
function manyForms(rows: number, at: number): SliceRows {
  return sliceOf(
    Array.from({ length: rows }, (_, i) => {
      const user = (i * 7919) % 211
      const properties: Record<string, Value> = {
        constant: 'same',
        country: `country ${user % 17}`,
        session: `session ${at} ${user} ${i > rows - 40 ? 'late' : 'early'}`,
        page: `/page/${(i * 31) % 997}`,
        grade: i % 3 === 0 ? 'm' : i % 2 === 0 ? 'a' : 'z',
        step: i % 3 === 0 ? 'a' : i < 1500 ? 'b' : 'z',
        amount: (i % 1000) / 100,
        third: (i % 5) / 3,
        big: i * 1e10,
        noise: Math.sin(i),
      }
      if (i % 500 === 7) properties.rare = i % 1000 === 7 ? i : [i, 'x']
      if (i % 4 === 0) properties.mixed = i % 8 === 0 ? i : `text ${i % 5}`
      const event = {
        project: 'p',
        event: i % 10 === 0 ? `rare ${i % 3}` : i % 3 === 0 ? 'Buy' : 'View',
        distinctId: user === 0 ? '' : `u${user}`,
        time: at * dayMs + ((i * 104_729) % dayMs),
        insertId: i % 9 === 0 ? `id-${i}` : `0f8fad5b-d9cb-469f-a165-${(i * 65_537).toString(16).padStart(12, '0')}`,
        properties,
      }
      return { event, h: user === 0 ? i : Math.imul(user, 0x9e3779b1) >>> 0, masked: i % 101 === 0 }
    }),
  )
}

test('segment: slices of thousands of rows with columns of every form -> the same rows', async () => {
  const slices = [manyForms(2600, day), manyForms(1500, day + 1), manyForms(300, day + 2)]
  const { bytes, slices: facts } = encodeSegment(slices, { tightRowsMax: 100 })
  const read = await readSlices(await openSegment(new BytesSource(bytes)))
  facts.forEach(({ order, hashes }, i) => {
    const rows = plainRows(slices[i])
    expect(plainRows(read[i])).toEqual(Array.from(order, (row) => rows[row]))
    expect(hashes).toEqual(rowHashes(slices[i]))
  })
  expect(groups(read.flatMap(plainRows))).toEqual(groups(inOrder(slices.flatMap(plainRows))))
  const report = await inspectSegment(new BytesSource(bytes))
  const seen = report.columns.flatMap(({ encodings }) => encodings.map(({ name }) => name)).join('; ')
  for (const form of ['constant', 'by user', 'sparse', 'patched', 'by block', 'table of', 'wide', '/100', 'doubles']) {
    expect(seen).toContain(form)
  }
  expect(report.columns.reduce((sum, column) => sum + column.bytes, 0)).toBe(bytes.length)
})

test('segment: any range of rows of any column -> what the whole column has there', async () => {
  const segment = await openSegment(
    new BytesSource(encodeSegment([manyForms(5000, day)], { stripeRowsMin: 512 }).bytes),
  )
  const slice = await segment.slice(segment.slices[0])
  for (const entry of slice.stripes) {
    const names = [...entry.properties]
    const stripe = await slice.load(entry, { times: true, properties: names })
    for (const name of names) {
      const column = stripe.property(name)!
      const codes = new Uint32Array(entry.rows)
      const numbers = new Float64Array(entry.rows)
      column.codes(0, entry.rows, codes)
      column.numbers(0, entry.rows, numbers)
      codes.forEach((code, row) => {
        if (!column.blockMayHave(row >>> 10, code)) expect.fail(`code ${code} of row ${row} of ${name}`)
        if (Number.isNaN(numbers[row]) === (code === numberCode)) expect.fail(`number of row ${row} of ${name}`)
      })
      for (const [start, end] of [
        [0, 1],
        [5, 37],
        [1000, 1100],
        [1023, 2049],
        [entry.rows - 1, entry.rows],
      ]) {
        if (end > entry.rows) continue
        const some = new Uint32Array(end - start)
        const someNumbers = new Float64Array(end - start)
        column.codes(start, end, some)
        column.numbers(start, end, someNumbers)
        expect(some).toEqual(codes.slice(start, end))
        expect(someNumbers).toEqual(numbers.slice(start, end))
      }
      const blocks = column.numberBlocks
      if (blocks === undefined) continue
      numbers.forEach((value, row) => {
        if (value < blocks.min[row >>> 10] || value > blocks.max[row >>> 10]) expect.fail(`row ${row} of ${name}`)
      })
    }
    const times = new Float64Array(entry.rows)
    stripe.times(0, entry.rows, times)
    times.forEach((time, row) => {
      const { min, max } = stripe.timeBlocks
      if (time < min[row >>> 10] || time > max[row >>> 10]) expect.fail(`time ${time} of row ${row}`)
    })
  }
})

test('segment: a code between those of a stripe that the stripe does not have -> its blocks are known not to have it', async () => {
  const segment = await openSegment(
    new BytesSource(encodeSegment([manyForms(5000, day)], { stripeRowsMin: 512 }).bytes),
  )
  const slice = await segment.slice(segment.slices[0])
  const view = slice.stripes.find((stripe) => stripe.events[0] === 'View')!
  const column = (await slice.load(view, { properties: ['grade'] })).property('grade')!
  expect(column.dictionary).toEqual(['a', 'm', 'z'])
  expect([2, 3, 4].map((code) => column.blockMayHave(1, code))).toEqual([true, false, true])
})

test('segment: enough rows of a name in a slice -> a stripe of its own; about as frequent others share one, with runs that keep names apart', async () => {
  const counts = { A: 512, B: 511, C: 513, D: 1, E: 300, F: 510, G: 2 }
  const events = Object.entries(counts).flatMap(([name, rows]) => Array.from({ length: rows }, () => name))
  const slice = sliceOf(
    events.map((event, i) => ({
      event: { project: 'p', event, distinctId: 'u', time: day * dayMs + i, insertId: `${i}`, properties: {} },
      h: 1,
      masked: false,
    })),
  )
  const segment = await openSegment(new BytesSource(encodeSegment([slice], { stripeRowsMin: 512 }).bytes))
  const opened = await segment.slice(segment.slices[0])
  const names = opened.stripes.map((stripe) => stripe.events)
  expect(names).toEqual([['A'], ['C'], ['B', 'F'], ['D', 'E', 'G']])
  const shared = await opened.load(opened.stripes[3], { users: true })
  expect([...shared.entry.eventEnds]).toEqual([1, 301, 303])
  expect([...shared.userRuns.end]).toEqual([1, 301, 303])
  expect([...shared.userRuns.user]).toEqual([0, 0, 0])
  expect([0, 1, 300, 301, 302].map((row) => shared.eventIndex[row])).toEqual([0, 1, 1, 2, 2])
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
