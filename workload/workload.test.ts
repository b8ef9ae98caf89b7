import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import type { WorkloadChunk } from './chunk.ts'
import { importEvents, toNdjson, uuidText, valueAt } from './events.ts'
import { generate } from './generate.ts'
import { userId } from './population.ts'
import { dayMs, userCount, workloadEnd, workloadProject, workloadStart } from './shape.ts'
import { sliceRows } from './slices.ts'
import { cities, eventNames, funnelSteps, itemLists, referrers, urls } from './vocabulary.ts'

const rows = 60_000
const chunks = [...generate({ rows })]
const all = <T>(read: (chunk: WorkloadChunk, row: number) => T): T[] =>
  chunks.flatMap((chunk) => Array.from({ length: chunk.rows }, (_, row) => read(chunk, row)))
const share = (count: number) => count / rows

test('workload: a seed is one stream of bytes, on every machine', () => {
  let hash = 0
  for (const chunk of generate({ rows: 30_000, seed: 7 })) hash = crc32(toNdjson(chunk), hash)
  // A new value here means that every published figure was measured on other data.
  expect(hash.toString(16)).toBe('d711eeb3')
  expect(toNdjson([...generate({ rows: 100, seed: 8 })][0])).not.toBe(toNdjson([...generate({ rows: 100 })][0]))
})

test('workload: exactly the rows asked for, of thirty days, in arrival order', () => {
  expect(chunks.length).toBe(30)
  expect(chunks.reduce((sum, chunk) => sum + chunk.rows, 0)).toBe(rows)
  for (const chunk of chunks) {
    for (let i = 1; i < chunk.rows; i++) if (chunk.arrival[i] < chunk.arrival[i - 1]) expect.fail(`row ${i}`)
  }
  const times = all((chunk, row) => chunk.time[row])
  expect(Math.min(...times.map((time) => time - workloadStart))).toBeGreaterThanOrEqual(0)
  expect(times.every((time) => time < workloadEnd && Number.isInteger(time))).toBe(true)
  expect(new Set(times.map((time) => Math.floor(time / dayMs))).size).toBe(30)
  for (const few of [1, 29, 31]) expect([...generate({ rows: few })].reduce((sum, { rows }) => sum + rows, 0)).toBe(few)
})

test('workload: names of rank 3, 10 and 30 have about 5.7, 1.7 and 0.6 %', () => {
  const counts = new Map<number, number>()
  for (const event of all((chunk, row) => chunk.event[row])) counts.set(event, (counts.get(event) ?? 0) + 1)
  expect(counts.size).toBe(200)
  const [third, tenth, thirtieth] = funnelSteps.map((step) => share(counts.get(step) ?? 0))
  expect(third).toBeCloseTo(0.0567, 2)
  expect(tenth).toBeCloseTo(0.017, 2)
  expect(thirtieth).toBeGreaterThan(0.004)
  expect(thirtieth).toBeLessThan(0.008)
  expect([...funnelSteps].map((step) => eventNames[step])).toEqual(['Product Viewed', 'Cart Updated', 'Order Created'])
})

test('workload: one per cent are copies of an earlier row of the same user, event, insert id and UTC day', () => {
  const first = new Map<string, { time: number; arrival: number; values: string }>()
  const copies = { exact: 0, moved: 0, nextDay: 0 }
  for (const chunk of chunks) {
    const events = importEvents(chunk)
    for (let row = 0; row < chunk.rows; row++) {
      const { time, ...properties } = events[row].properties
      const id = uuidText(chunk.insertIds, row)
      const original = first.get(id)
      expect(chunk.copy[row] === 1).toBe(original !== undefined)
      const arrival = chunk.arrival[row]
      const values = JSON.stringify([chunk.user[row], events[row].event, properties])
      if (original === undefined) first.set(id, { time: chunk.time[row], arrival, values })
      else {
        expect(values).toBe(original.values)
        expect(arrival).toBeGreaterThan(original.arrival)
        expect(Math.floor((time as number) / dayMs)).toBe(Math.floor(original.time / dayMs))
        if (time !== original.time) copies.moved++
        else if (Math.floor(arrival / dayMs) !== Math.floor(original.arrival / dayMs)) copies.nextDay++
        else copies.exact++
      }
    }
  }
  expect(share(copies.exact + copies.moved + copies.nextDay)).toBeCloseTo(0.01, 3)
  expect(Math.min(copies.exact, copies.moved, copies.nextDay)).toBeGreaterThan(rows / 2000)
})

test('workload: has late events, ties, a hot user and skewed users', () => {
  const lateness = all((chunk, row) => chunk.arrival[row] - chunk.time[row])
  expect(share(lateness.filter((ms) => ms > 3_600_000).length)).toBeGreaterThan(0.015)
  expect(lateness.filter((ms) => ms > 10 * dayMs).length).toBeGreaterThan(0)
  const perUser = new Map<number, Set<number>>()
  const counts = new Uint32Array(userCount(rows))
  let ties = 0
  for (const chunk of chunks) {
    for (let row = 0; row < chunk.rows; row++) {
      counts[chunk.user[row]]++
      const times = perUser.get(chunk.user[row]) ?? new Set()
      perUser.set(chunk.user[row], times)
      if (chunk.copy[row] === 0 && times.has(chunk.time[row])) ties++
      times.add(chunk.time[row])
    }
  }
  expect(share(ties)).toBeGreaterThan(0.02)
  expect(share(counts[0])).toBeGreaterThan(0.01)
  const sorted = counts.toSorted().reverse()
  expect(share(sorted.slice(0, counts.length / 10).reduce((a, b) => a + b))).toBeGreaterThan(0.3)
})

test('workload: seventeen properties: six constant per user, five per session, six per event', () => {
  const levels = chunks[0].properties.map((property) => property.level)
  expect(levels.length).toBe(17)
  expect([6, 5, 6]).toEqual(['user', 'session', 'event'].map((level) => levels.filter((l) => l === level).length))
  const constant = new Map<string, unknown>()
  const types = new Map<string, Set<string>>()
  for (const chunk of chunks) {
    const session = chunk.properties.find(({ name }) => name === 'session_id')!
    for (const property of chunk.properties) {
      const seen = types.get(property.name) ?? new Set()
      types.set(property.name, seen)
      for (let row = 0; row < chunk.rows; row++) {
        const value = valueAt(property, row)
        seen.add(Array.isArray(value) ? 'list' : typeof value)
        if (property.level === 'event') continue
        const of = property.level === 'user' ? chunk.user[row] : valueAt(session, row)
        const key = `${property.name} ${of}`
        if (!constant.has(key)) constant.set(key, value)
        else if (constant.get(key) !== value) expect.fail(`${key}: ${value} after ${constant.get(key)}`)
      }
    }
  }
  expect(types.get('build')).toEqual(new Set(['undefined', 'number', 'string']))
  expect(types.get('items')).toEqual(new Set(['undefined', 'list']))
  expect(types.get('is_new')).toEqual(new Set(['boolean']))
  expect(types.get('referrer')).toEqual(new Set(['undefined', 'string']))
})

test('workload: vocabularies have no value twice', () => {
  for (const words of [eventNames, cities, referrers, urls]) expect(new Set(words).size).toBe(words.length)
  expect(new Set(itemLists.map((list) => JSON.stringify(list))).size).toBe(itemLists.length)
})

test('workload: slices hold the same rows as the events, day by day, copies masked', () => {
  const slices = sliceRows(chunks)
  expect(slices.map((slice) => slice.day)).toEqual(Array.from({ length: 30 }, (_, i) => workloadStart / dayMs + i))
  const fromSlices = slices.flatMap((slice) => {
    const properties = slice.properties.map((property) => ({ property, at: new Map<number, number>() }))
    for (const { property, at } of properties) for (const i of property.codes.keys()) at.set(property.rows?.[i] ?? i, i)
    return Array.from({ length: slice.rows }, (_, row) => {
      const values: Record<string, unknown> = { time: slice.time[row], distinct_id: slice.userIds[slice.user[row]] }
      values.$insert_id = uuidText(slice.insertIds.bytes, row)
      for (const { property, at } of properties) {
        const i = at.get(row)
        if (i === undefined) continue
        const code = property.codes[i]
        values[property.name] = code === 1 ? property.numbers![i] : property.dictionary[code - 2]
      }
      const masked = (slice.masked[row >>> 5] >>> (row & 31)) & 1
      return JSON.stringify([masked, slice.eventNames[slice.event[row]], values])
    })
  })
  const byDay = Map.groupBy(
    chunks.flatMap((chunk) =>
      importEvents(chunk).map((event, row) => ({
        day: Math.floor(chunk.time[row] / dayMs),
        text: JSON.stringify([chunk.copy[row], event.event, event.properties]),
      })),
    ),
    ({ day }) => day,
  )
  const days = [...byDay.keys()].sort((a, b) => a - b)
  expect(fromSlices).toEqual(days.flatMap((day) => byDay.get(day)!.map(({ text }) => text)))
  expect(slices[0].project).toBe(workloadProject)
  expect(userId(1, 0)).toMatch(/^[0-9a-f]{16}$/)
})
