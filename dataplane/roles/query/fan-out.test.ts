import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { CorruptError, UnavailableError, UserError } from '../../../common/errors/errors.ts'
import { answer as oracleAnswer } from '../../../oracle/answer.ts'
import type { LoggedEvent, SentEvent } from '../../../oracle/event.ts'
import { SimulatedClock } from '../../../sim/clock.ts'
import { SeededRandom } from '../../../sim/random.ts'
import { configurations } from '../../../test/support/configurations.ts'
import { turns } from '../../../test/support/shard-world.ts'
import { QueryContext } from '../../query/context.ts'
import { chunksOf } from '../../query/export/chunks.ts'
import { lineFormat, readExportMessage, readPartialMessage, writePartial } from '../../query/messages.ts'
import { parseRequest } from '../../query/request/parse.ts'
import { exportRows } from '../../query/run.ts'
import { type AggregateRequest, ShardQuery } from '../../query/shard-query.ts'
import type { ShardView } from '../../query/view.ts'
import { RoutingHolder } from '../../routing/holder.ts'
import { formatRoutingMap, parseRoutingMap } from '../../routing/map.ts'
import type { PartialCall } from '../../rpc/query-service.ts'
import type { RemoteReplica } from '../../rpc/remote-replica.ts'
import type { OffsetVector } from '../../schema/event.ts'
import { answerQuery, withDeadline } from './answer.ts'
import { openExport } from './export.ts'
import { queryMetrics } from './metrics.ts'
import { Replicas } from './replicas.ts'

const day = 86_400_000
const start = Date.UTC(2026, 0, 5)
const events: SentEvent[] = Array.from({ length: 120 }, (_, i) => ({
  project: 'p1',
  event: ['A', 'B', 'C'][i % 3]!,
  distinct_id: `u${i % 11}`,
  time: start + ((i * 7919) % 50) * 3_600_000,
  insert_id: `i${i}`,
  properties: { n: i },
}))
const range = { project: 'p1', from: start, to: start + 4 * day, timezone: 'UTC' } as const
const query = {
  type: 'segmentation',
  ...range,
  select: {},
  measure: 'unique',
  breakdown: [{ field: 'event' }],
} as const

/** One replica in this process, and what the test does to it. */
class LocalReplica implements RemoteReplica {
  readonly address: string
  readonly calls: string[] = []
  readonly #view: () => ShardView
  readonly #clock: SimulatedClock
  /** Called first in each call; may throw or wait. */
  before: (call: 'pin' | 'partial' | 'export', signal: AbortSignal) => Promise<void> | void = () => {}
  /** An export breaks off after so many chunks. */
  chunksMax = Number.POSITIVE_INFINITY

  constructor(address: string, clock: SimulatedClock, view: () => ShardView) {
    this.address = address
    this.#clock = clock
    this.#view = view
  }

  async pin(_call: unknown, { signal }: { signal: AbortSignal }): Promise<OffsetVector> {
    await this.#begin('pin', signal)
    return this.#view().at
  }

  async partial(call: PartialCall, { signal }: { signal: AbortSignal }) {
    await this.#begin('partial', signal)
    const { query: document, phase } = readPartialMessage(call.request, 'request')
    const context = new QueryContext({ clock: this.#clock, signal })
    const shard = new ShardQuery(this.#view(), parseRequest(document) as AggregateRequest, context)
    const partial = writePartial(phase, { partial: await shard.answer(phase), cost: context.cost.total() })
    return { partial, at: this.#view().at, pending: 2 }
  }

  async *export(call: PartialCall, signal: AbortSignal) {
    await this.#begin('export', signal)
    const { query: document, form, skip } = readExportMessage(call.request, 'request')
    const rows = exportRows([this.#view()], document, { clock: this.#clock })
    yield { lines: Buffer.alloc(0), day: 0, event: '', hashes: [], lengths: [], pending: 1 }
    let left = this.chunksMax
    for await (const chunk of chunksOf(rows.byEvent(), { format: lineFormat(form), skip, limit: rows.limit })) {
      if (left-- <= 0) throw new UnavailableError('SHARD_UNAVAILABLE', `${this.address} broke off`)
      yield { ...chunk, hashes: [...chunk.hashes], lengths: [...chunk.lengths], pending: 0 }
    }
  }

  close(): void {
    this.calls.push('close')
  }

  async #begin(call: 'pin' | 'partial' | 'export', signal: AbortSignal): Promise<void> {
    this.calls.push(call)
    await this.before(call, signal)
  }
}

const mapText = (routingEpoch: number) => {
  const half = 2 ** 31
  const shards = ['s0', 's1'].map((id, i) => ({
    ...{ id, start: i * half, end: (i + 1) * half, epoch: 1, primary: `${id}-a` },
    replicas: ['a', 'b'].map((name) => ({ name: `${id}-${name}`, address: `${id}-${name}:1` })),
  }))
  return formatRoutingMap({ routingEpoch, cluster: 'c', generation: 1, partitions: 4, shards })
}

/** Two shards of two replicas each; of a shard both show the same view. */
class Fan {
  readonly clock = new SimulatedClock()
  readonly routing = new RoutingHolder(parseRoutingMap(mapText(1), 'test'))
  readonly replicas = new Map<string, LocalReplica>()
  readonly fan
  readonly logged: readonly LoggedEvent[]

  static async make(): Promise<Fan> {
    const { views, logged } = await configurations.find(({ name }) => name === 'two shards')!.prepare(events, 'seed')
    return new Fan(views, logged)
  }

  constructor(views: readonly ShardView[], logged: readonly LoggedEvent[]) {
    this.logged = logged
    for (const name of ['s0-a', 's0-b', 's1-a', 's1-b']) {
      this.replicas.set(name, new LocalReplica(name, this.clock, () => views[Number(name[1])]!))
    }
    const connect = (address: string) => this.replicas.get(address.split(':')[0]!)!
    const replicas = new Replicas({ clock: this.clock, random: new SeededRandom(1), connect })
    this.fan = { clock: this.clock, replicas, metrics: queryMetrics([new Registry()]) }
  }

  get(name: string): LocalReplica {
    return this.replicas.get(name)!
  }

  both(shard: string, before: LocalReplica['before']): void {
    for (const name of ['a', 'b']) this.get(`${shard}-${name}`).before = before
  }

  ask(deadlineMs = 10_000) {
    const asked = { document: query, request: parseRequest(query) as AggregateRequest, minimum: undefined, limits: {} }
    const { signal } = new AbortController()
    return withDeadline(this.clock, { signal, deadlineMs }, (bounds) =>
      answerQuery(this.fan, this.routing, { ...asked, bounds, scanned: () => {} }),
    )
  }

  async export(limit?: number) {
    const document = { type: 'export', ...range, select: {}, ...(limit && { limit }) }
    const { signal } = new AbortController()
    return withDeadline(this.clock, { signal, deadlineMs: 10_000 }, (opening) =>
      openExport(this.fan, this.routing, {
        ...{ document, form: 'native', limit: limit ?? Number.POSITIVE_INFINITY, minimum: undefined, limits: {} },
        ...{ opening, signal },
      }),
    )
  }

  truth(): unknown {
    return JSON.parse(JSON.stringify(oracleAnswer(this.logged, query as never)))
  }

  calls(call: string): number {
    return [...this.replicas.values()].reduce((sum, { calls }) => sum + calls.filter((one) => one === call).length, 0)
  }
}

async function read(lines: AsyncIterable<Buffer>): Promise<unknown[]> {
  const pieces: Buffer[] = []
  for await (const piece of lines) pieces.push(piece)
  const text = Buffer.concat(pieces).toString().split('\n').slice(0, -1)
  return text.map((line) => JSON.parse(line) as unknown)
}

/** Lets everything go on, moving the clock a little at a time. */
async function pass(fan: Fan, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 50) {
    fan.clock.advance(50)
    await turns(200)
  }
}

const silent = (_call: string, signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('fan-out', () => {
  test('fan-out: all is well -> one pin and one partial a shard, the answer of the oracle at the vector (QRY-1)', async () => {
    const fan = await Fan.make()
    const { result, at, pending, cost } = await fan.ask()
    expect(JSON.parse(JSON.stringify(result))).toEqual(fan.truth())
    expect(Object.keys(at.next)).toEqual(['0', '1', '2', '3'])
    expect(pending).toBe(4)
    expect(cost.rowsScanned).toBeGreaterThan(0)
    expect([fan.calls('pin'), fan.calls('partial')]).toEqual([2, 2])
  })

  test('fan-out: a replica is dead, damaged, not ready, or never answers -> the other one does (QRY-1)', async () => {
    const refuse = (error: Error) => () => {
      throw error
    }
    const damage = { code: 'SEGMENT_CORRUPT', object: 'o', what: 'crc32', got: 1, want: 2 } as const
    for (const before of [
      refuse(new UnavailableError('SHARD_UNAVAILABLE', 'dead')),
      refuse(new UnavailableError('REPLICA_NOT_READY', 'starting')),
      refuse(new CorruptError(damage)),
      silent,
    ]) {
      for (const name of ['a', 'b']) {
        const fan = await Fan.make()
        fan.get(`s0-${name}`).before = before
        const asked = fan.ask()
        await pass(fan, 2000)
        expect(JSON.parse(JSON.stringify((await asked).result))).toEqual(fan.truth())
      }
    }
  })

  test('fan-out: both replicas are damaged -> the error of the last, not a wait for the deadline', async () => {
    const fan = await Fan.make()
    const damage = { code: 'SEGMENT_CORRUPT', object: 'o', what: 'crc32', got: 1, want: 2 } as const
    fan.both('s1', (call) => {
      if (call === 'partial') throw new CorruptError(damage)
    })
    await expect(fan.ask()).rejects.toThrow(/SEGMENT_CORRUPT/)
  })

  test('fan-out: the query is wrong there -> told at once, nobody else is asked', async () => {
    const fan = await Fan.make()
    fan.both('s1', (call) => {
      if (call === 'partial') throw new UserError('QUERY_TOO_LARGE', 'too many groups')
    })
    await expect(fan.ask()).rejects.toThrow(/QUERY_TOO_LARGE/)
    expect(fan.calls('partial')).toBeLessThanOrEqual(2)
  })

  test('fan-out: no replica answers until the deadline -> SHARD_UNAVAILABLE with what the last one said', async () => {
    const fan = await Fan.make()
    fan.both('s1', () => {
      throw new UnavailableError('REPLICA_NOT_READY', 'catching up')
    })
    const asked = fan.ask(1000)
    const failed = expect(asked).rejects.toThrow(
      /SHARD_UNAVAILABLE: shard s1: no replica answered in time; .*catching up/,
    )
    await pass(fan, 1200)
    await failed
  })

  test('fan-out: the vector is no longer kept -> pinned anew; a minimum out of reach -> refused', async () => {
    const fan = await Fan.make()
    let left = 2
    fan.both('s0', (call) => {
      if (call === 'partial' && left-- > 0) throw new UnavailableError('OFFSET_UNAVAILABLE', 'no longer kept')
    })
    const asked = fan.ask()
    await pass(fan, 500)
    expect(JSON.parse(JSON.stringify((await asked).result))).toEqual(fan.truth())
    expect(fan.calls('pin')).toBe(4)
    fan.both('s0', () => {
      throw new UnavailableError('OFFSET_UNAVAILABLE', 'another generation')
    })
    await expect(fan.ask()).rejects.toThrow(/OFFSET_UNAVAILABLE/)
  })

  test('fan-out: replicas have a newer map -> waits for it; without it ROUTING_STALE at the deadline', async () => {
    const fan = await Fan.make()
    const stale = () => {
      if (fan.routing.map.routingEpoch < 2) throw new UnavailableError('ROUTING_STALE', 'want epoch 2')
    }
    fan.both('s0', stale)
    const late = fan.ask(300)
    const refused = expect(late).rejects.toThrow(/ROUTING_STALE/)
    await pass(fan, 500)
    await refused
    const asked = fan.ask()
    await pass(fan, 200)
    fan.routing.push(mapText(2))
    await pass(fan, 200)
    expect(JSON.parse(JSON.stringify((await asked).result))).toEqual(fan.truth())
  })

  test('fan-out: a partial of another moment -> refused, never merged (QRY-1)', async () => {
    const fan = await Fan.make()
    for (const name of ['a', 'b']) {
      const replica = fan.get(`s0-${name}`)
      const { partial } = replica
      replica.partial = async (...call) => {
        const reply = await partial.apply(replica, call)
        return { ...reply, at: { generation: 1, next: new Map([[0, 1_000_000]]) } }
      }
    }
    await expect(fan.ask()).rejects.toThrow(/MESSAGE_CORRUPT: partial of shard s0: offset of partition 0/)
  })

  test('fan-out: shards that share a partition stand at different offsets -> both are asked at the further one (QRY-1)', async () => {
    const fan = await Fan.make()
    const asked: (number | undefined)[] = []
    for (const [name, replica] of fan.replicas) {
      replica.pin = async () => ({ generation: 1, next: new Map([[0, name.startsWith('s0') ? 7 : 5]]) })
      replica.partial = async ({ at }) => {
        asked.push(at.next.get(0))
        throw new UserError('QUERY_TOO_LARGE', 'the test has seen enough')
      }
    }
    await expect(fan.ask()).rejects.toThrow('the test has seen enough')
    expect(new Set(asked)).toEqual(new Set([7]))
  })

  test('fan-out: a hung replica -> outrun once, then not asked first', async () => {
    const fan = await Fan.make()
    const hung = fan.get('s0-a')
    hung.before = silent
    while (hung.calls.length === 0) {
      const asked = fan.ask()
      await pass(fan, 300)
      await asked
    }
    const { length } = hung.calls
    // The clock stands still: whoever asks it now would wait for ever.
    for (let i = 0; i < 10; i++) await fan.ask()
    expect(hung.calls.length).toBe(length)
  })

  test('fan-out: a replica leaves the map -> its channel is closed, and only that', async () => {
    const fan = await Fan.make()
    while ([...fan.replicas.values()].some(({ calls }) => calls.length === 0)) await fan.ask()
    const [first, second] = fan.routing.map.shards
    fan.fan.replicas.follow({ ...fan.routing.map, shards: [{ ...first!, replicas: [first!.replicas[0]!] }, second!] })
    const closed = [...fan.replicas.values()].filter(({ calls }) => calls.includes('close'))
    expect(closed.map(({ address }) => address)).toEqual(['s0-b'])
  })

  test('export: one replica is damaged -> the other one gives every line; both -> its error, before the first line', async () => {
    const fan = await Fan.make()
    const damage = { code: 'SEGMENT_CORRUPT', object: 'o', what: 'crc32', got: 1, want: 2 } as const
    const before = (call: string) => {
      if (call === 'export') throw new CorruptError(damage)
    }
    for (let tries = 0; tries < 5; tries++) {
      for (const shard of ['s0', 's1']) fan.get(`${shard}-${tries % 2 === 0 ? 'a' : 'b'}`).before = before
      for (const shard of ['s0', 's1']) fan.get(`${shard}-${tries % 2 === 0 ? 'b' : 'a'}`).before = () => {}
      expect(await read((await fan.export()).lines)).toHaveLength(events.length)
    }
    fan.both('s1', before)
    await expect(fan.export()).rejects.toThrow(/SEGMENT_CORRUPT/)
  })

  test('export: streams break off again and again -> go on at the other replica, every line once, in order (QRY-1)', async () => {
    for (const chunksMax of [1, 2, 3]) {
      const fan = await Fan.make()
      for (const replica of fan.replicas.values()) replica.chunksMax = chunksMax
      const { lines, pending, at } = await fan.export()
      expect([pending, at.generation]).toEqual([2, 1])
      const reading = read(lines)
      await pass(fan, 5000)
      const want = oracleAnswer(fan.logged, { type: 'export', ...range, select: {}, copies: 'first' })
      expect(await reading).toEqual(want)
      expect(fan.calls('export')).toBeGreaterThan(4)
    }
  })

  test('export: no line comes for too long -> fails, and does not look like an end', async () => {
    const fan = await Fan.make()
    const { lines } = await fan.export()
    fan.both('s1', () => {
      throw new UnavailableError('SHARD_UNAVAILABLE', 'gone')
    })
    for (const replica of fan.replicas.values()) replica.chunksMax = 0
    const failed = expect(read(lines)).rejects.toThrow(/SHARD_UNAVAILABLE/)
    await pass(fan, 40_000)
    await failed
  })

  test('export: a limit -> so many lines, and the shards are not asked for more', async () => {
    const fan = await Fan.make()
    const { lines } = await fan.export(7)
    const want = oracleAnswer(fan.logged, { type: 'export', ...range, select: {}, copies: 'first', limit: 7 })
    expect(await read(lines)).toEqual(want)
  })
})
