import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { UnavailableError } from '../../common/errors/errors.ts'
import { SimulatedClock } from '../../sim/clock.ts'
import { SimulatedDisk } from '../../sim/disk/disk.ts'
import { SeededRandom } from '../../sim/random.ts'
import { MemoryLog } from '../../test/support/memory-log.ts'
import type { Clock, LogReader } from '../core/ports.ts'
import { openFileLog } from '../log/file-log/open.ts'
import type { PlacedEvent } from '../log/record/contract.ts'
import { decodeEvents } from '../log/record/events.ts'
import { openRecord } from '../log/record/open.ts'
import type { Event } from '../schema/event.ts'
import { partitionOf, placementHash, position, projectBase } from '../schema/placement.ts'
import { emptyProperties } from '../schema/properties.ts'
import { Ingest, type IngestOptions } from './ingest.ts'

/** The log in memory, with appends that wait until the test lets them through, or fails them. */
class GatedLog extends MemoryLog {
  gated = false
  readonly waiting: { readonly partition: number; pass(): void; fail(error: unknown): void }[] = []

  override async append(partition: number, record: Uint8Array): Promise<number> {
    if (this.gated) {
      await new Promise<void>((pass, fail) => this.waiting.push({ partition, pass, fail }))
    }
    return super.append(partition, record)
  }
}

function ingestOver(log = new GatedLog(4), options: Partial<IngestOptions> = {}) {
  const clock = new SimulatedClock()
  return { log, clock, ingest: new Ingest({ log, clock, generation: 1, ...options }) }
}

function event(user: string, insertId: string, project = 'demo'): Event {
  return { project, event: 'Play', distinctId: user, time: 1_767_225_600_000, insertId, properties: emptyProperties() }
}

function request(events: readonly Event[], bytes = events.length * 100) {
  return { events, bytes }
}

/** How a promise stands once everything that can run has run. */
async function state(promise: Promise<unknown>): Promise<string> {
  let settled = 'waits'
  promise.then(
    () => {
      settled = 'done'
    },
    (error) => {
      settled = error instanceof UnavailableError ? error.code : String(error)
    },
  )
  await turns()
  return settled
}

async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

/** Events of the log, per partition the records in order. */
async function recordsOf(log: LogReader): Promise<PlacedEvent[][][]> {
  const partitions: PlacedEvent[][][] = []
  for (let partition = 0; partition < log.partitions; partition++) {
    const entries = await log.read(partition, await log.start(partition), Number.POSITIVE_INFINITY)
    partitions.push(
      entries.map(({ bytes, offset }) => [...decodeEvents(openRecord(bytes, `${partition}/${offset}`), offset)]),
    )
  }
  return partitions
}

async function idsOf(log: LogReader): Promise<string[]> {
  return (await recordsOf(log)).flat(2).map((placed) => placed.event.insertId)
}

const users = Array.from({ length: 40 }, (_, i) => `user-${i}`)
/** One user for each of `partitions`. */
function userPerPartition(partitions: number): string[] {
  const byPartition: string[] = []
  for (const user of users)
    byPartition[partitionOf(position(projectBase('demo'), placementHash('demo', user, ''), 16), partitions)] ??= user
  return byPartition
}

test('ingest: an append that is not durable yet -> the request is not acknowledged (ING-1)', async () => {
  const { log, clock, ingest } = ingestOver()
  log.gated = true
  const accepted = ingest.accept(request([event('user-1', 'a')]))
  expect(await state(accepted)).toBe('waits')
  clock.advance(5)
  await turns()
  expect(log.waiting.length).toBe(1)
  expect(await state(accepted)).toBe('waits')
  log.waiting[0].pass()
  expect(await state(accepted)).toBe('done')
  expect(await idsOf(log)).toEqual(['a'])
})

test('ingest: a request over four partitions -> acknowledged with the last of its records (ING-1)', async () => {
  const { log, clock, ingest } = ingestOver()
  log.gated = true
  const accepted = ingest.accept(request(userPerPartition(4).map((user) => event(user, user))))
  clock.advance(5)
  await turns()
  expect(log.waiting.map(({ partition }) => partition).sort()).toEqual([0, 1, 2, 3])
  for (const append of log.waiting.slice(1)) append.pass()
  expect(await state(accepted)).toBe('waits')
  log.waiting[0].pass()
  expect(await state(accepted)).toBe('done')
})

test('ingest: one record of a request fails -> the request fails with its error, the bytes stay counted until all is settled', async () => {
  const { log, clock, ingest } = ingestOver()
  log.gated = true
  const [first, second] = userPerPartition(4)
  const failing = ingest.accept(request([event(first, 'a'), event(second, 'b')], 700))
  const other = ingest.accept(request([event(second, 'c')], 300))
  clock.advance(5)
  await turns()
  log.waiting[0].fail(new UnavailableError('LOG_UNAVAILABLE', 'disk full'))
  expect(await state(failing)).toBe('LOG_UNAVAILABLE')
  expect(await state(other)).toBe('waits')
  expect(ingest.queuedBytes).toBe(1000)
  log.waiting[1].pass()
  expect(await state(other)).toBe('done')
  expect(ingest.queuedBytes).toBe(0)
  expect(await idsOf(log)).toEqual(['b', 'c'])
})

test('ingest: requests within 5 ms -> one record a partition, appended when the first has waited 5 ms', async () => {
  const { log, clock, ingest } = ingestOver(new GatedLog(1))
  const first = ingest.accept(request([event('user-1', 'a')]))
  clock.advance(4)
  const second = ingest.accept(request([event('user-2', 'b'), event('user-1', 'c')]))
  expect(await state(first)).toBe('waits')
  clock.advance(1)
  expect([await state(first), await state(second)]).toEqual(['done', 'done'])
  const third = ingest.accept(request([event('user-1', 'd')]))
  clock.advance(5)
  expect(await state(third)).toBe('done')
  expect((await recordsOf(log))[0].map((rows) => rows.length)).toEqual([3, 1])
})

test('ingest: a record of as many rows as one may have -> appended at once', async () => {
  const { log, ingest, clock } = ingestOver(new GatedLog(1), { limits: { recordRowsMax: 3 } })
  const accepted = ingest.accept(request(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => event('user-1', id))))
  await turns()
  expect((await recordsOf(log))[0].map((rows) => rows.length)).toEqual([3, 3])
  expect(await state(accepted)).toBe('waits')
  clock.advance(5)
  expect(await state(accepted)).toBe('done')
  expect(await idsOf(log)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
})

test('ingest: bodies that together are larger than a record may hold -> records of their own', async () => {
  const { log, clock, ingest } = ingestOver(new GatedLog(1), { limits: { recordBodyBytesMax: 1000 } })
  const sizes = [600, 400, 1, 5000, 10]
  const accepted = sizes.map((bytes, i) =>
    ingest.accept(request([event('user-1', `${i}a`), event('user-2', `${i}b`)], bytes)),
  )
  clock.advance(5)
  await Promise.all(accepted)
  expect((await recordsOf(log))[0].map((rows) => rows.length)).toEqual([4, 2, 2, 2])
})

test('ingest: a full queue -> refused as busy and nothing taken; room again -> accepted', async () => {
  const { log, clock, ingest } = ingestOver(new GatedLog(1), { limits: { queueBytesMax: 1000 } })
  log.gated = true
  const first = ingest.accept(request([event('user-1', 'a')], 900))
  const refused = ingest.accept(request([event('user-1', 'b')], 101))
  expect(await state(refused)).toBe('INGEST_BUSY')
  const second = ingest.accept(request([event('user-1', 'c')], 100))
  clock.advance(5)
  await turns()
  for (const append of log.waiting) append.pass()
  expect([await state(first), await state(second)]).toEqual(['done', 'done'])
  expect(ingest.queuedBytes).toBe(0)
  log.gated = false
  const large = ingest.accept(request([event('user-1', 'd')], 5000))
  clock.advance(5)
  expect(await state(large)).toBe('done')
  expect(await idsOf(log)).toEqual(['a', 'c', 'd'])
})

test('ingest: a request larger than any may be -> a defect of the caller', async () => {
  const { ingest } = ingestOver()
  await expect(ingest.accept(request([event('user-1', 'a')], 13 * 1024 * 1024))).rejects.toThrow('BUG')
})

test('ingest: closing -> what is open is appended at once and waited for, nothing more is taken', async () => {
  const { log, ingest } = ingestOver()
  log.gated = true
  const accepted = ingest.accept(request([event('user-1', 'a')]))
  const closing = ingest.close()
  await turns()
  expect(log.waiting.length).toBe(1)
  expect(await state(closing)).toBe('waits')
  expect(await state(ingest.accept(request([event('user-1', 'b')])))).toBe('INGEST_BUSY')
  log.waiting[0].pass()
  expect([await state(accepted), await state(closing)]).toEqual(['done', 'done'])
})

test('ingest: a request without events -> acknowledged, no record', async () => {
  const { log, ingest } = ingestOver()
  await ingest.accept(request([]))
  expect(await idsOf(log)).toEqual([])
})

test('ingest: a clock that stops, as in a process that ends -> waiting requests fail', async () => {
  const stopped: Clock = { now: () => 0, monotonic: () => 0, sleep: () => Promise.reject(new Error('stopped')) }
  const { ingest } = ingestOver(new GatedLog(1), { clock: stopped })
  expect(await state(ingest.accept(request([event('user-1', 'a')])))).toBe('Error: stopped')
  expect(ingest.queuedBytes).toBe(0)
})

test('ingest: events that cannot be encoded -> the request fails with the defect, later ones pass', async () => {
  const { clock, ingest } = ingestOver(new GatedLog(1))
  const bad = ingest.accept(request([{ ...event('user-1', 'a'), properties: { p: Number.NaN } }]))
  clock.advance(5)
  expect(await state(bad)).toContain('BUG')
  const good = ingest.accept(request([event('user-1', 'b')]))
  clock.advance(5)
  expect(await state(good)).toBe('done')
})

test('ingest: projects of different spreads in one record -> each at its own points, with its spread in its block', async () => {
  const spreads: Record<string, number> = { small: 0, middle: 3 }
  const { log, clock, ingest } = ingestOver(new GatedLog(1), { spreadOf: (project) => spreads[project] ?? 16 })
  const events = users.flatMap((user) =>
    ['small', 'large', 'middle'].map((project) => event(user, `${user}-${project}`, project)),
  )
  const accepted = ingest.accept(request(events))
  clock.advance(5)
  await accepted
  const [entry] = await log.read(0, 0, 1)
  const { blocks } = openRecord(entry.bytes, 'record')
  expect(blocks.map(({ project, spread }) => [project, spread])).toEqual([
    ['large', 16],
    ['middle', 3],
    ['small', 0],
  ])
  expect(blocks[2].minPosition).toBe(projectBase('small'))
  expect(blocks[2].maxPosition).toBe(projectBase('small'))
})

test('ingest: any requests, limits and pauses -> every event once, in its partition, sorted by position, each user in the order sent', async () => {
  const drawn = fc.record({
    partitions: fc.constantFrom(1, 2, 8),
    recordRowsMax: fc.integer({ min: 1, max: 12 }),
    recordBodyBytesMax: fc.constantFrom(500, 1e9),
    requests: fc.array(
      fc.record({
        pauseMs: fc.constantFrom(0, 0, 1, 5),
        users: fc.array(fc.tuple(fc.constantFrom('', ...users.slice(0, 6)), fc.constantFrom('demo', 'other')), {
          maxLength: 12,
        }),
      }),
      { maxLength: 8 },
    ),
  })
  await fc.assert(
    fc.asyncProperty(drawn, async ({ partitions, requests, ...limits }) => {
      const { log, clock, ingest } = ingestOver(new GatedLog(partitions), { limits })
      const sent: Event[] = []
      const accepted: Promise<void>[] = []
      for (const { pauseMs, users } of requests) {
        clock.advance(pauseMs)
        await turns()
        const events = users.map(([user, project], i) => event(user, `${accepted.length}-${i}`, project))
        sent.push(...events)
        accepted.push(ingest.accept(request(events)))
      }
      await ingest.close()
      await Promise.all(accepted)
      const records = await recordsOf(log)
      const order = (events: readonly Event[]) =>
        Map.groupBy(events, ({ project, distinctId, insertId }) => `${project} ${distinctId || insertId}`)
      const got = records.flat(2).map(({ event }) => event)
      expect(got.length).toBe(sent.length)
      const gotOrder = order(got)
      for (const [user, events] of order(sent)) {
        expect(gotOrder.get(user)?.map(({ insertId }) => insertId)).toEqual(events.map(({ insertId }) => insertId))
      }
      for (const [partition, inPartition] of records.entries()) {
        for (const rows of inPartition) {
          expect(rows.length).toBeLessThanOrEqual(limits.recordRowsMax)
          for (const { event, h } of rows) {
            expect(h).toBe(placementHash(event.project, event.distinctId, event.insertId))
            expect(partitionOf(position(projectBase(event.project), h, 16), partitions)).toBe(partition)
          }
        }
      }
    }),
    { numRuns: 60 },
  )
})

test('ingest: the machine loses power right after acknowledgements -> every acknowledged event is in the reopened log (ING-1)', async () => {
  const quiet = { info() {}, warn() {}, error() {} }
  const options = { folder: 'log', partitions: 4, generation: 1 }
  const disk = new SimulatedDisk()
  const random = new SeededRandom(1)
  const { log } = await openFileLog({ disk, random, logger: quiet }, options)
  const clock = new SimulatedClock()
  const ingest = new Ingest({ log, clock, generation: 1 })
  const accepted = users.map((user, i) => ingest.accept(request([event(user, `i-${i}`), event('user-0', `j-${i}`)])))
  clock.advance(5)
  await Promise.all(accepted)
  const survivor = disk.crash({ survival: 'none' })
  const reopened = await openFileLog({ disk: survivor, random, logger: quiet }, options)
  const want = users.flatMap((_, i) => [`i-${i}`, `j-${i}`])
  expect((await idsOf(reopened.log)).sort()).toEqual(want.sort())
})
