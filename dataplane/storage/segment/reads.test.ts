import { expect, test } from 'vitest'
import { xxh32String } from '../../../common/hash/xxh32.ts'
import { day, sliceOf } from '../../../test/support/segment-rows.ts'
import { importEvents } from '../../../workload/events.ts'
import { generate } from '../../../workload/generate.ts'
import { sliceRows } from '../../../workload/slices.ts'
import { dayMs, type Event } from '../../schema/event.ts'
import { encodeSegment } from './encode.ts'
import { openSegment } from './open.ts'
import { gapBytesMin, gapShare } from './region.ts'
import { BytesSource, CountingSource } from './source.ts'

/** Workload events on one day, with the name and project that the test wants. */
function events(rows: number, name: (i: number) => string, project: (i: number) => string = () => 'p'): Event[] {
  const out: Event[] = []
  for (const chunk of generate({ rows })) {
    for (const { properties: all } of importEvents(chunk)) {
      if (out.length === rows) return out
      const { time, distinct_id: distinctId, $insert_id: insertId, ...properties } = all
      out.push({
        project: project(out.length),
        event: name(out.length),
        distinctId: String(distinctId),
        time: day * dayMs + (Number(time) % dayMs),
        insertId: String(insertId),
        properties,
      })
    }
  }
  return out
}

function slicesOf(list: readonly Event[]) {
  const rows = list.map((event) => ({ event, h: xxh32String(event.distinctId, 7), masked: false }))
  return [...Map.groupBy(rows, ({ event }) => event.project).values()].map(sliceOf)
}

const align = (bytes: number) => Math.ceil(bytes / 8) * 8

test('segment: a query for 3 of 200 names -> reads their stripes, the directory and shared dictionaries, no more', async () => {
  const { bytes } = encodeSegment(slicesOf(events(16_000, (i) => `Event ${i % 200}`)), { stripeRowsMin: 60 })
  const source = new CountingSource(new BytesSource(bytes))
  const segment = await openSegment(source)
  const slice = await segment.slice(segment.slices[0])
  expect(slice.stripes.length).toBe(200)
  const directory = { reads: source.rangeReads, bytes: source.bytesRead }
  expect(directory.reads).toBeLessThanOrEqual(3)
  const names = ['Event 17', 'Event 90', 'Event 171']
  const stripes = slice.stripes.filter((stripe) => names.includes(stripe.events[0]))
  const want = ['country', 'url', 'duration_ms']
  const meter = { rangeReads: 0, bytesRead: 0 }
  const loaded = await slice.loadAll(stripes, { users: true, times: true, properties: want }, meter)

  const shared = want.flatMap((name) => {
    const { dictionary, perUser } = slice.properties.get(name)!
    return [dictionary, perUser].filter((ref) => ref !== undefined)
  })
  const own = stripes.flatMap((stripe) => [
    stripe.users,
    stripe.times,
    ...want.map((name) => stripe.property(slice.properties.get(name)!.index)!),
  ])
  const wanted = [...own, ...shared].filter((ref) => ref.blob >= 0)
  const needed = wanted.reduce((sum, ref) => sum + align(slice.region.blobLength(ref.blob)), 0)
  expect(meter.bytesRead).toBeGreaterThanOrEqual(needed)
  expect(meter.bytesRead).toBeLessThanOrEqual(needed * (1 + gapShare) + gapBytesMin)
  expect(source.bytesRead).toBe(directory.bytes + meter.bytesRead)
  expect(source.rangeReads).toBe(directory.reads + meter.rangeReads)
  expect(meter.rangeReads).toBeLessThanOrEqual(wanted.length)

  // Using the columns reads nothing more.
  for (const stripe of loaded) {
    stripe.times(0, stripe.rows, new Float64Array(stripe.rows))
    for (const name of want) stripe.property(name)!.codes(0, stripe.rows, new Uint32Array(stripe.rows))
    stripe.property('url')!.dictionary.length
  }
  expect(source.bytesRead).toBe(directory.bytes + meter.bytesRead)
})

test('segment: one column of all stripes -> one range', async () => {
  const { bytes } = encodeSegment(slicesOf(events(16_000, (i) => `Event ${i % 200}`)), { stripeRowsMin: 60 })
  const segment = await openSegment(new BytesSource(bytes))
  const slice = await segment.slice(segment.slices[0])
  const meter = { rangeReads: 0, bytesRead: 0 }
  await slice.loadAll(slice.stripes, { users: true }, meter)
  expect(meter.rangeReads).toBe(1)
})

test('segment: a small slice -> one range read for everything in it', async () => {
  const { bytes } = encodeSegment(slicesOf(events(500, (i) => `Event ${i % 20}`)))
  const source = new CountingSource(new BytesSource(bytes))
  const segment = await openSegment(source)
  const before = source.rangeReads
  const slice = await segment.slice(segment.slices[0])
  const want = { users: true, times: true, insertIds: true, properties: [...slice.stripes[0].properties] }
  const [stripe] = await slice.loadAll(slice.stripes, want)
  for (const name of want.properties) stripe.property(name)!.codes(0, stripe.rows, new Uint32Array(stripe.rows))
  expect(source.rangeReads).toBe(before + 1)
})

test.each([
  ['2,000 events of 100 names', 160, 2_000, (i: number) => `Event name ${(i * 7) % 100}`, () => 'p'],
  ['2,000 events of 2,000 names', 400, 2_000, (i: number) => `Event name ${i}`, () => 'p'],
  ['500 projects of 5 events', 400, 2_500, (i: number) => `Event name ${i % 40}`, (i: number) => `project-${i % 500}`],
])('segment: %s -> at most %i bytes an event', (_, budget, rows, name, project) => {
  const { bytes } = encodeSegment(slicesOf(events(rows, name, project)))
  expect(bytes.length / rows).toBeLessThanOrEqual(budget)
})

test('segment: 30,000 canonical events in 30 days, random UUIDs -> at most 34 bytes an event', () => {
  const { bytes } = encodeSegment(sliceRows(generate({ rows: 30_000 })))
  expect(bytes.length / 30_000).toBeLessThanOrEqual(34)
})

test('segment: one project of 500 -> opening reads the footer, asking it one range each for slice and users', async () => {
  const list = events(
    2_500,
    (i) => `Event name ${i % 40}`,
    (i) => `project-${i % 500}`,
  )
  const source = new CountingSource(new BytesSource(encodeSegment(slicesOf(list)).bytes))
  const segment = await openSegment(source)
  expect(source.rangeReads).toBeLessThanOrEqual(2)
  const opened = { reads: source.rangeReads, bytes: source.bytesRead }
  const slice = await segment.slice(segment.slices[250])
  const properties = [...new Set(slice.stripes.flatMap((stripe) => [...stripe.properties]))]
  await slice.loadAll(slice.stripes, { users: true, times: true, insertIds: true, properties })
  await segment.users(slice.entry.project)
  expect(source.rangeReads - opened.reads).toBe(2)
  expect(source.bytesRead - opened.bytes).toBeLessThan(3_000)
})
