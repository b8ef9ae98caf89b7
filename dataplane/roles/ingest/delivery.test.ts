import { afterEach, expect, test } from 'vitest'
import type { Code } from '../../../common/errors/codes.ts'
import { UnavailableError } from '../../../common/errors/errors.ts'
import { SimulatedClock } from '../../../sim/clock.ts'
import { turn } from '../../../sim/kernel/turn.ts'
import { MemoryLog } from '../../../test/support/memory-log.ts'
import type { Clock } from '../../core/ports.ts'
import { Ingest } from '../../ingest/ingest.ts'
import type { Event } from '../../schema/event.ts'
import { Delivery } from './delivery.ts'
import { LogWatch } from './log-watch.ts'

/** A log that fails as it is told. */
class FailingLog extends MemoryLog {
  readonly appends: string[] = []
  /** Outcome of the next appends; `lost` is durable and says that it is not. */
  readonly outcomes: (Code | 'lost')[] = []
  probe: 'answers' | 'fails' | 'silent' = 'answers'

  override async append(partition: number, record: Uint8Array): Promise<number> {
    const outcome = this.outcomes.shift()
    this.appends.push(outcome ?? 'durable')
    if (outcome === 'lost') await super.append(partition, record)
    if (outcome !== undefined)
      throw new UnavailableError(outcome === 'lost' ? 'LOG_UNAVAILABLE' : outcome, 'told to fail')
    return super.append(partition, record)
  }

  override async end(partition: number): Promise<number> {
    if (this.probe === 'silent') await new Promise(() => {})
    if (this.probe === 'fails') throw new UnavailableError('LOG_UNAVAILABLE', 'told to fail')
    return super.end(partition)
  }
}

const event: Event = { project: 'p', event: 'x', distinctId: 'u', time: 1, insertId: 'i', properties: {} }
const watches: LogWatch[] = []

afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop()
})

/** `waited`: ms that the delivery slept; its clock jumps. */
function setting(log = new FailingLog()) {
  const watched = new SimulatedClock()
  const said: string[] = []
  const say = (message: string) => void said.push(message)
  const watch = new LogWatch(log, watched, { info: say, warn: say, error: say })
  watches.push(watch)
  const waited: number[] = []
  const clock: Clock = {
    now: () => 0,
    monotonic: () => waited.reduce((sum, ms) => sum + ms, 0),
    async sleep(ms) {
      waited.push(ms)
    },
  }
  const ingest = new Ingest({ log, clock, generation: 1, limits: { lingerMs: 0 } })
  let retries = 0
  const delivery = new Delivery({ ingest, clock, watch, retried: () => void retries++ })
  const deliver = () => delivery.deliver({ events: [event], bytes: 10 })
  return {
    log,
    watch,
    watched,
    said,
    deliver,
    ingest,
    waited: () => waited.filter((ms) => ms > 0),
    retries: () => retries,
  }
}

test('delivery: a log that fails for a while -> appended again with growing pauses, then acknowledged (ING-1)', async () => {
  const { log, watch, deliver, waited, retries } = setting()
  log.outcomes.push('LOG_UNAVAILABLE', 'LOG_UNAVAILABLE', 'LOG_UNAVAILABLE', 'LOG_UNAVAILABLE')
  await deliver()
  expect(log.appends.at(-1)).toBe('durable')
  expect(waited()).toEqual([200, 400, 800, 1000])
  expect(retries()).toBe(4)
  expect(watch.away).toBeUndefined()
})

test('delivery: an append whose answer is lost -> the same events with the same ids once more (DED-1)', async () => {
  const { log, deliver } = setting()
  log.outcomes.push('lost')
  await deliver()
  const [first, second] = (await log.read(0, 0, 1000)).map(({ bytes }) => Buffer.from(bytes).toString('hex'))
  expect(second).toBe(first)
})

test('delivery: a log that stays away -> refused before the time of the client is over, and not ready', async () => {
  const { log, watch, deliver, waited } = setting()
  for (let count = 0; count < 100; count++) log.outcomes.push('LOG_UNAVAILABLE')
  await expect(deliver()).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  const total = waited().reduce((sum, ms) => sum + ms, 0)
  expect(total).toBeLessThanOrEqual(10_000)
  expect(total).toBeGreaterThan(8_000)
  expect(watch.away).toMatch(/told to fail/)
})

test('delivery: a log that another writer took -> refused at once', async () => {
  const { log, deliver, waited } = setting()
  log.outcomes.push('LOG_FENCED')
  await expect(deliver()).rejects.toMatchObject({ code: 'LOG_FENCED' })
  expect(waited()).toEqual([])
})

test('delivery: an ingest that is closing -> refused at once, nothing appended', async () => {
  const { log, ingest, deliver, retries } = setting()
  await ingest.close()
  await expect(deliver()).rejects.toMatchObject({ code: 'INGEST_BUSY' })
  expect([log.appends, retries()]).toEqual([[], 0])
})

test('log watch: the log is away for longer than a client waits -> requests are refused at once, until it is back', async () => {
  const { log, watch, watched, said, deliver } = setting()
  await turn()
  log.probe = 'fails'
  watched.advance(1_000)
  await turn()
  expect(watch.away).toMatch(/told to fail/)
  await deliver()
  expect(watch.away).toBeUndefined()
  for (let second = 0; second < 13; second++) {
    watched.advance(1_000)
    await turn()
  }
  await expect(deliver()).rejects.toThrow(/the log is away/)
  log.probe = 'answers'
  watched.advance(1_000)
  await turn()
  await deliver()
  expect(said).toEqual(['the log is away', 'the log is back', 'the log is away', 'the log is back'])
})

test('log watch: a log that is silent -> away after two seconds', async () => {
  const { log, watch, watched } = setting()
  log.probe = 'silent'
  await turn()
  watched.advance(1_000)
  await turn()
  expect(watch.away).toBeUndefined()
  watched.advance(2_000)
  await turn()
  expect(watch.away).toMatch(/did not answer for 2000 ms/)
})

test('log watch: a log that answers and cannot append -> away for five seconds, then tried again', async () => {
  const { watch, watched } = setting()
  await turn()
  watch.failed(new Error('disk full'))
  for (let second = 0; second < 4; second++) {
    watched.advance(1_000)
    await turn()
  }
  expect(watch.away).toBe('disk full')
  watched.advance(1_000)
  await turn()
  expect(watch.away).toBeUndefined()
})
