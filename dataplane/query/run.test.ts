import { describe, expect, test } from 'vitest'
import { UserError } from '../../common/errors/errors.ts'
import type { Json, StoredEvent } from '../../oracle/event.ts'
import { segmentOf, shardOf } from '../../test/support/segments.ts'
import { realClock } from '../runtime/clock.ts'
import type { Segment } from '../storage/segment/contract.ts'
import { openSegment } from '../storage/segment/open.ts'
import type { QueryOptions } from './context.ts'
import type { FunnelResult } from './funnel/run.ts'
import { exportRows, runQuery } from './run.ts'
import type { SegmentationResult } from './segmentation/run.ts'
import type { ShardView } from './view.ts'

const hour = 3_600_000
const start = Date.parse('2026-01-05T00:00Z')

interface Short {
  readonly event?: string
  readonly user?: string
  readonly at?: number
  readonly properties?: StoredEvent['properties']
  readonly duplicate?: boolean
}

function events(list: readonly Short[]): StoredEvent[] {
  return list.map(({ event = 'A', user = 'u', at = 0, properties = {}, duplicate = false }, i) => ({
    project: 'p',
    event,
    distinct_id: user,
    time: start + at,
    insert_id: `i${i}`,
    properties,
    duplicate,
    position: { partition: 0, offset: 0, index: i },
  }))
}

const sourceOf = ({ source: { byteLength, name } }: Segment) => ({ byteLength, name })

/** Rows of one name and many users on one day. */
const wide = (rows: number, day: number): Short[] =>
  Array.from({ length: rows }, (_, i) => ({ event: 'C', user: `w${i}`, at: day * 24 * hour + i }))

const viewOf = async (list: readonly Short[]): Promise<ShardView> => shardOf([await segmentOf(events(list))])
const options: QueryOptions = { clock: realClock }
const total = { type: 'segmentation', project: 'p', from: start, to: start + 24 * hour, select: {}, measure: 'total' }

async function levelOf(letters: string, at: readonly number[], query: object): Promise<number> {
  const view = await viewOf([...letters].map((event, i) => ({ event, at: at[i]! })))
  const { result } = await runQuery(
    [view],
    { type: 'funnel', project: 'p', from: start, to: start + 24 * hour, ...query },
    options,
  )
  return (result as FunnelResult).steps.filter(({ users }) => users === 1).length
}

const steps = (letters: string) => [...letters].map((event) => ({ events: [event] }))

describe('funnel vectors', () => {
  test.each([
    ['F1', 'AABC', [0, 30, 45, 75], { steps: steps('ABC'), windowMs: hour }, 2, 3],
    ['F2', 'AAB', [0, 61, 62], { steps: steps('AB'), windowMs: hour }, 1, 2],
    ['F3', 'AAB', [0, 30, 75], { steps: steps('AB'), windowMs: hour }, 1, 2],
    ['F4', 'AAAB', [0, 10, 20, 30], { steps: steps('AB'), windowMs: hour }, 2, 2],
    ['F5', 'ABDCDE', [0, 1, 2, 3, 4, 5], { steps: steps('ABCDE') }, 5, 5],
    ['F6', 'ABCE', [0, 1, 2, 3], { steps: steps('ABCDE') }, 3, 3],
    ['F9', 'BA', [0, 1.5 / 60], { steps: steps('AB') }, 1, 1],
    ['F9 with grace', 'BA', [0, 1.5 / 60], { steps: steps('AB'), graceMs: 2000 }, 2, 2],
  ])('funnel: vector %s -> its levels (QRY-1)', async (_, letters, minutes, query, first, latest) => {
    const at = minutes.map((minute) => minute * 60_000)
    expect(await levelOf(letters, at, { ...query, entry: 'first' })).toBe(first)
    expect(await levelOf(letters, at, { ...query, entry: 'latest' })).toBe(latest)
  })
})

/** Doubles whose canonical bytes have the xxh32 0. */
const sameHash = [
  4.000651978801904, 4.001627138608234, 4.002602298414565, 4.003581272859953, 4.004556443275312, 4.005531603081642,
]

describe('segmentation', () => {
  test('segmentation: equal groups rank by canonical bytes, missing first; in other a user counts once (QRY-1)', async () => {
    const values: (Json | undefined)[] = ['b', 'a', 1, null, undefined, true, ['a'], 'z']
    const list = values.map((v): Short => ({ user: 'one', properties: v === undefined ? {} : { v } }))
    const query = { ...total, measure: 'unique', breakdown: [{ property: 'v' }], limit: 4 }
    const { result } = await runQuery(
      [await viewOf([...list, { user: 'one', properties: { v: 'z' } }])],
      query,
      options,
    )
    const { groups, other, overall } = result as SegmentationResult
    expect(groups.map(({ key }) => key)).toEqual([[{ value: 'z' }], [{}], [{ value: null }], [{ value: true }]])
    expect(other).toEqual({ groups: 4, events: 4, values: [1], total: 1 })
    expect(overall).toMatchObject({ events: 9, total: 1 })
  })

  test('segmentation: groups beyond the memory of a pass take more passes, not a wrong answer (QRY-1)', async () => {
    const list = Array.from({ length: 300 }, (_, i) => ({
      user: `u${i % 7}`,
      properties: { v: i % 60, w: `w${i % 11}` },
    }))
    const view = await viewOf(list)
    for (const breakdown of [
      [{ property: 'v' }],
      [{ property: 'v' }, { property: 'w' }],
      [{ property: 'w' }, { field: 'distinct_id' }],
    ]) {
      const query = { ...total, measure: 'unique', breakdown, limit: 5 }
      const wide = await runQuery([view], query, options)
      const narrow = await runQuery([view], query, { ...options, limits: { passGroupsMax: 4 } })
      expect(narrow.result).toEqual(wide.result)
      expect(narrow.cost.rowsScanned).toBeGreaterThan(wide.cost.rowsScanned)
    }
  })

  test('segmentation: more groups than a pass may take whose values were made to share a hash -> QUERY_TOO_LARGE, soon', async () => {
    const view = await viewOf(sameHash.map((v) => ({ properties: { v } })))
    const query = { ...total, breakdown: [{ property: 'v' }], limit: 2 }
    const { result } = await runQuery([view], query, options)
    expect((result as SegmentationResult).other).toMatchObject({ groups: sameHash.length - 2 })
    const limits = { passGroupsMax: 4, deadlineMs: 1000 }
    await expect(runQuery([view], query, { ...options, limits })).rejects.toMatchObject({ code: 'QUERY_TOO_LARGE' })
  })

  test('segmentation: an answer of too many values is QUERY_TOO_LARGE, one value less is not', async () => {
    const view = await viewOf([0, 1, 2].map((v) => ({ properties: { v } })))
    const query = { ...total, unit: 'hour', breakdown: [{ property: 'v' }] }
    await runQuery([view], query, { ...options, limits: { answerValuesMax: 72 } })
    await expect(runQuery([view], query, { ...options, limits: { answerValuesMax: 71 } })).rejects.toMatchObject({
      code: 'QUERY_TOO_LARGE',
    })
    // With a limit of two groups the third is no value of the answer.
    await runQuery([view], { ...query, limit: 2 }, { ...options, limits: { answerValuesMax: 48 } })
  })
})

describe('answers', () => {
  test('answer: says what it reflects, what is pending and what it cost', async () => {
    const view = {
      ...(await viewOf([{}, { event: 'B' }])),
      at: {
        generation: 3,
        next: new Map([
          [1, 7],
          [0, 4],
        ]),
      },
      pending: 2,
    }
    const { at, pending, cost } = await runQuery([view], { ...total, select: { events: ['A'] } }, options)
    expect(at).toEqual({ generation: 3, next: { 0: 4, 1: 7 } })
    expect(pending).toBe(2)
    expect(cost).toMatchObject({ rowsScanned: 1, blocksRead: 1, stripesRead: 1, stripesSkipped: 0 })
    expect(cost.bytesRead).toBeGreaterThan(0)
    expect(cost.rangeReads).toBeGreaterThan(0)
    expect(Object.keys(cost.ms)).toEqual(['plan', 'read', 'scan', 'merge'])
  })

  test('answer: shards that stand at different offsets of a partition are no one moment (QRY-1)', async () => {
    const view = await viewOf([{}])
    const later = { ...view, at: { generation: 1, next: new Map([[0, 2]]) } }
    await expect(runQuery([view, later], total, options)).rejects.toMatchObject({
      code: 'OFFSET_UNAVAILABLE',
      retryable: true,
    })
    const elsewhere = { ...view, at: { generation: 1, next: new Map([[1, 2]]) } }
    expect((await runQuery([view, elsewhere], total, options)).at.next).toEqual({ 0: 1, 1: 2 })
    const newer = { ...view, at: { generation: 2, next: new Map() } }
    await expect(runQuery([view, newer], total, options)).rejects.toMatchObject({ code: 'OFFSET_UNAVAILABLE' })
  })

  test('answer: stripes and slices that cannot matter are not read, blocks that cannot pass are not decoded', async () => {
    const rare = Array.from({ length: 600 }, (_, i) => ({ event: 'B', user: `u${i}`, properties: { n: 1 } }))
    const rising = Array.from({ length: 4096 }, (_, i) => ({
      user: `u${i}`,
      at: 1,
      properties: { n: i < 2048 ? 1 : 2, v: 'x' },
    }))
    const view = await viewOf([...rare, ...rising, { at: 48 * hour }])
    const ask = async (query: object) => (await runQuery([view], { ...total, ...query }, options)).cost
    expect(await ask({})).toMatchObject({ stripesRead: 2, stripesSkipped: 0, rowsScanned: 4696, blocksSkipped: 0 })
    expect(await ask({ select: { events: ['B'] } })).toMatchObject({
      stripesRead: 1,
      stripesSkipped: 1,
      rowsScanned: 600,
    })
    const absent = { where: { property: 'v', op: 'eq', value: 'y' } }
    expect(await ask({ select: absent })).toMatchObject({ rowsScanned: 0, blocksRead: 0, blocksSkipped: 5 })
    const beyond = { where: { property: 'n', op: 'gt', value: 2 } }
    expect(await ask({ select: { ...beyond, events: ['A'] } })).toMatchObject({ rowsScanned: 0, blocksSkipped: 4 })
  })

  test('answer: small slices side by side in a segment -> one range read for all that the query opens, and no others', async () => {
    const days = Array.from({ length: 40 }, (_, day) => ({ at: day * 24 * hour, event: day % 3 === 0 ? 'B' : 'A' }))
    const [view, large] = [await viewOf(days), await viewOf([...days, ...wide(3000, 7)])]
    const few = { ...total, from: start + 10 * 24 * hour, to: start + 19 * 24 * hour }
    const whole = { ...total, to: start + 60 * 24 * hour }
    const segments = [view, large].map(({ sources }) => sources[0]!.segment)
    const bytes = (of: number, from: number, to: number) =>
      segments[of]!.slices.slice(from, to).reduce((sum, { start, end }) => sum + end - start, 0)
    const ask = async (of: ShardView, query: object) => (await runQuery([of], query, options)).cost
    expect(await ask(view, few)).toMatchObject({ rangeReads: 1, bytesRead: bytes(0, 10, 19), rowsScanned: 9 })
    expect(await ask(view, whole)).toMatchObject({ rangeReads: 1, bytesRead: bytes(0, 0, 40), rowsScanned: 40 })
    // Around the large slice of day 7, which is read by its head and the columns asked for.
    const around = await ask(large, whole)
    expect(around).toMatchObject({ rangeReads: 3, rowsScanned: 3040 })
    expect(around.bytesRead).toBeLessThan(bytes(1, 0, 7) + bytes(1, 8, 40) + 2000)
    const retention = { type: 'retention', ...{ project: 'p', from: start, to: whole.to, unit: 'day', count: 3 } }
    const byDay = await ask(view, { ...retention, birth: { events: ['B'] }, return: { events: ['A'] } })
    expect(byDay.bytesRead - bytes(0, 0, 40)).toBeLessThan(500)
    expect(byDay.rangeReads).toBeLessThanOrEqual(2)
  })

  test('answer: large slices are read into memory that serves one after the other -> as from memory of their own (QRY-1)', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => ({
      event: 'AB'[i % 2]!,
      user: `u${(i * 7919) % 9000}`,
      at: (i % 4) * 24 * hour + ((i * 104_729) % (24 * hour)),
      properties: { plan: `p${(i * 31) % 5}` },
    }))
    const copying = await segmentOf(events(rows))
    const own = await openSegment({ ...sourceOf(copying), read: (start, end) => copying.source.read(start, end) })
    const common = { project: 'p', from: start + 5 * hour, to: start + 90 * hour }
    const where = { property: 'plan', op: 'eq', value: 'p3' }
    for (const query of [
      { type: 'segmentation', ...common, select: { where }, measure: 'unique', unit: 'day' },
      { type: 'segmentation', ...common, select: {}, measure: 'total', breakdown: [{ property: 'plan' }] },
      { type: 'funnel', ...common, windowMs: 20 * hour, steps: [{ events: ['A'], where }, { events: ['B'] }] },
      { type: 'retention', ...common, unit: 'day', count: 3, birth: { events: ['A'], where }, return: {} },
    ]) {
      const [want, got] = [own, copying].map((segment) => runQuery([shardOf([segment])], query, options))
      expect((await got!).result).toEqual((await want!).result)
    }
  })

  test('answer: runQuery refuses exports, exportRows everything else', async () => {
    const view = await viewOf([{}])
    await expect(runQuery([view], { ...total, type: 'export', measure: undefined }, options)).rejects.toBeInstanceOf(
      UserError,
    )
    expect(() => exportRows([view], total, options)).toThrow(UserError)
  })
})

describe('stopping', () => {
  const week = Array.from({ length: 5 }, (_, day) => ({ at: day * 24 * hour }))
  /** A segment for each day: the slices of one would be opened at once. */
  const byDay = async () => shardOf(await Promise.all(week.map((day) => segmentOf(events([day])))))
  const query = { ...total, to: start + 7 * 24 * hour }

  test('query: the signal ends it at the next slice', async () => {
    const view = await byDay()
    const controller = new AbortController()
    let turns = 0
    const turn = async (): Promise<void> => {
      if (++turns === 2) controller.abort()
    }
    const running = runQuery([view], query, { ...options, signal: controller.signal, turn })
    await expect(running).rejects.toMatchObject({ code: 'QUERY_CANCELLED' })
    expect(turns).toBe(2)
  })

  test('query: past its deadline it ends', async () => {
    let now = 0
    const clock = { ...realClock, now: () => now, monotonic: () => (now += 10) }
    const running = runQuery([await byDay()], query, { clock, limits: { deadlineMs: 50 } })
    await expect(running).rejects.toMatchObject({ code: 'QUERY_CANCELLED', message: expect.stringContaining('50 ms') })
  })

  test('query: an export stops between events of a name', async () => {
    const controller = new AbortController()
    const rows = exportRows(
      [await viewOf(week)],
      { type: 'export', project: 'p', from: start, to: query.to, select: {} },
      { ...options, signal: controller.signal },
    )
    const seen: number[] = []
    const reading = (async () => {
      for await (const row of rows) {
        seen.push(row.time)
        controller.abort()
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: 'QUERY_CANCELLED' })
    expect(seen).toHaveLength(1)
  })

  test('query: more events of one user than a pass may hold is QUERY_TOO_LARGE', async () => {
    const view = await viewOf(Array.from({ length: 20 }, (_, i) => ({ at: i, user: i < 10 ? 'u' : `u${i}` })))
    const document = { type: 'funnel', project: 'p', from: start, to: query.to, steps: [{}, {}] }
    const fits = await runQuery([view], document, { ...options, limits: { passBytesMax: 24 * 10 } })
    expect((fits.result as FunnelResult).steps).toEqual([{ users: 11 }, { users: 1 }])
    await expect(runQuery([view], document, { ...options, limits: { passBytesMax: 24 * 9 } })).rejects.toMatchObject({
      code: 'QUERY_TOO_LARGE',
    })
  })
})
