import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { unavailable } from '../../../common/errors/errors.ts'
import { SeededRandom } from '../../../sim/random.ts'
import {
  expectedRows,
  inline,
  midnight,
  rowsOf,
  type Sent,
  turns,
  until,
  World,
} from '../../../test/support/shard-world.ts'
import type { LogEntry, LogReader } from '../../core/ports.ts'
import { writePartialMessage } from '../../query/messages.ts'
import { RoutingHolder } from '../../routing/holder.ts'
import { formatRoutingMap, parseRoutingMap } from '../../routing/map.ts'
import { vectorToMessage } from '../../rpc/vector.ts'
import { adminParts } from './admin.ts'
import { Auditor } from './auditor.ts'
import { ReplicaHost } from './host.ts'
import { Lag } from './lag.ts'
import { replicaMetrics } from './metrics.ts'
import type { Peers } from './peers.ts'
import { ReplicaQueries } from './queries.ts'

const names = ['a', 'b', 'c']

function mapOf(primary: string, routingEpoch = 1, count = 2) {
  const replicas = names.slice(0, count).map((name) => ({ name, address: `${name}:1` }))
  const shard = { id: 's0', start: 0, end: 2 ** 32, epoch: 1, primary, replicas }
  return formatRoutingMap({ routingEpoch, cluster: 'c', generation: 1, partitions: 1, shards: [shard] })
}

/** Replicas of one shard in one process, on the clock of their world. */
class Group {
  readonly world = new World()
  readonly hosts = new Map<string, ReplicaHost>()
  readonly #stops = new Map<string, { controller: AbortController; ended: Promise<void> }>()
  readonly routing = new Map<string, RoutingHolder>()

  start(name: string, log: LogReader = this.world.log): ReplicaHost {
    const { world } = this
    const routing = new RoutingHolder(parseRoutingMap(mapOf('a'), 'test'))
    const logger = { info: () => {}, warn: () => {}, error: () => {} }
    const ports = {
      ...{ store: world.store(), clock: world.clock, random: new SeededRandom(names.indexOf(name)), logger },
      background: inline,
      connectLog: async () => log,
    }
    const auditor = new Auditor({ ports, peers: this.#peersOf(name), clock: world.clock, diverged: () => {} })
    const host = new ReplicaHost(ports, routing, { shard: 's0', name, limits: {}, auditor })
    const controller = new AbortController()
    this.hosts.set(name, host)
    this.routing.set(name, routing)
    this.#stops.set(name, { controller, ended: host.run(controller.signal) })
    return host
  }

  /** As kill -9: nothing is finished. */
  async stop(name: string): Promise<void> {
    const { controller, ended } = this.#stops.get(name)!
    controller.abort(new Error('the test stops it'))
    this.hosts.delete(name)
    await ended
  }

  async stopAll(): Promise<void> {
    for (const name of [...this.hosts.keys()]) await this.stop(name)
  }

  /** Moves the clock in small steps. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.world.clock.advance(1000)
      await turns(1500)
    }
  }

  async serving(...hosts: ReplicaHost[]): Promise<void> {
    await until(() => hosts.every(({ status }) => status.state === 'serving'))
  }

  /** Every row as the log has it. */
  async expectTruth(host: ReplicaHost): Promise<void> {
    const shard = host.serving()
    expect(await rowsOf(await shard.view())).toEqual(expectedRows(this.world, shard.applied))
  }

  #peersOf(name: string): Peers {
    const others = () => [...this.hosts].filter(([other]) => other !== name)
    return {
      count: 1,
      opinions: (range, signal) =>
        Promise.all(
          others().map(async ([by, host]) => ({
            by,
            digest: await host.digestRange(range, signal).catch((error: Error) => error),
          })),
        ),
      async distrust(version, message) {
        for (const [, host] of others()) host.distrust({ version, message })
      },
    }
  }
}

const rows: Sent[] = Array.from({ length: 12 }, (_, i) => ({ id: `i${i}`, user: `u${i % 3}`, time: i }))

/** A log that gives another event instead of the last one, so many times. */
async function altering(log: LogReader, times: number): Promise<LogReader> {
  const other = new World()
  await other.send(...rows.slice(0, -1), { ...rows.at(-1)!, time: 99 })
  let left = times
  return {
    partitions: log.partitions,
    start: (partition) => log.start(partition),
    end: (partition) => log.end(partition),
    waitPast: (partition, offset, signal) => log.waitPast(partition, offset, signal),
    async read(partition, offset, bytesMax): Promise<LogEntry[]> {
      const entries = await log.read(partition, offset, bytesMax)
      // Whoever opens a shard only looks whether the offset is there.
      if (entries[0]?.offset !== 0 || bytesMax === 1 || left-- <= 0) return entries
      return [...(await other.log.read(partition, 0, 1)), ...entries.slice(1)]
    },
  }
}

/** A log that is away for who reads its first record, after so many times. */
function leaving(log: LogReader, times: number): LogReader {
  let left = times
  return {
    partitions: log.partitions,
    start: (partition) => log.start(partition),
    end: (partition) => log.end(partition),
    waitPast: (partition, offset, signal) => log.waitPast(partition, offset, signal),
    async read(partition, offset, bytesMax) {
      if (offset === 0 && bytesMax > 1 && left-- <= 0) unavailable('LOG_UNAVAILABLE', 'the test takes it away')
      return log.read(partition, offset, bytesMax)
    },
  }
}

const { signal } = new AbortController()

describe('replica', () => {
  test('replica: the primary cuts, the other compares and adopts -> both audited, both as the log (AUD-1)', async () => {
    const group = new Group()
    const [a, b] = [group.start('a'), group.start('b')]
    await group.serving(a, b)
    await group.world.send(...rows)
    await group.pass(70)
    expect([a, b].map(({ current }) => current!.manifest.version)).toEqual([2, 2])
    expect([a, b].map(({ auditor }) => auditor.state)).toEqual(['audited', 'audited'])
    for (const host of [a, b]) await group.expectTruth(host)
    await group.stopAll()
  })

  test('replica: the primary applied one event wrongly and cut it -> named, rebuilt from the log, both right again (AUD-1)', async () => {
    const group = new Group()
    const [a, b] = [group.start('a', await altering(group.world.log, 1)), group.start('b')]
    await group.serving(a, b)
    await group.world.send(...rows)
    await group.pass(70)
    await group.serving(a, b)
    await group.pass(10)
    expect(a.current!.manifest).toMatchObject({ version: 3, operation: { kind: 'rebuild', base: 1 } })
    expect(b.current!.manifest.nonce).toBe(a.current!.manifest.nonce)
    for (const host of [a, b]) await group.expectTruth(host)
    await group.world.send({ id: 'more' }, rows[0]!)
    await group.pass(70)
    expect([a, b].map(({ current }) => current!.manifest.version)).toEqual([4, 4])
    for (const host of [a, b]) await group.expectTruth(host)
    expect([a, b].map(({ auditor }) => auditor.state)).toEqual(['audited', 'audited'])
    await group.stopAll()
  })

  test('replica: it applied one event wrongly itself -> starts anew from the cut that is right (AUD-1)', async () => {
    const group = new Group()
    const [a, b] = [group.start('a'), group.start('b', await altering(group.world.log, 1))]
    await group.serving(a, b)
    await group.world.send(...rows)
    await group.pass(70)
    await group.serving(a, b)
    expect(b.current!.manifest).toMatchObject({ version: 2, operation: { kind: 'cut' } })
    await group.pass(5)
    for (const host of [a, b]) await group.expectTruth(host)
    expect(b.auditor.state).toBe('audited')
    await group.stopAll()
  })

  test('replica: it and the other read different rows from the log -> says range and row, rebuilds nothing (AUD-1)', async () => {
    const group = new Group()
    const log = await altering(group.world.log, Number.POSITIVE_INFINITY)
    const [a, b] = [group.start('a', log), group.start('b')]
    await group.serving(a, b)
    await group.world.send(...rows)
    await group.pass(80)
    expect(b.auditor.state).toBe('diverged')
    expect(b.auditor.message).toMatch(
      /manifest 2 does not hold what the log says from generation 1 { 0: 0 } to generation 1 { 0: 1 }: a row of project p, day 20454, record 0 of partition 0 is missing or altered \(1 missing, 1 too many\); not repaired: a reads other rows from the log/,
    )
    // What it has agrees with the log as it reads it, so it is not the one to be silent.
    await group.expectTruth(b)
    expect(b.current!.manifest.version).toBe(1)
    await group.stopAll()
  })

  test('replica: the head was cut wrongly and its writer is gone -> found by who starts from it, and rebuilt (AUD-1)', async () => {
    const group = new Group()
    const bad = group.start('a', await altering(group.world.log, 1))
    await group.serving(bad)
    await group.world.send(...rows)
    await group.pass(70)
    expect(bad.current!.manifest.version).toBe(2)
    await group.stop('a')
    const [a, b] = [group.start('a'), group.start('b')]
    await group.pass(10)
    await group.serving(a, b)
    await group.pass(10)
    for (const host of [a, b]) {
      expect(host.current!.manifest).toMatchObject({ operation: { kind: 'rebuild', base: 1 } })
      await group.expectTruth(host)
    }
    await group.stopAll()
  })

  test('replica: told that what it has is wrong -> answers nothing from it, until that is rebuilt (AUD-1)', async () => {
    const group = new Group()
    const a = group.start('a')
    await group.serving(a)
    await group.world.send(...rows)
    await group.pass(70)
    a.distrust({ version: 3, message: 'of a later one' })
    expect(a.status.state).toBe('serving')
    a.distrust({ version: 2, message: 'a row is missing' })
    expect(a.status).toEqual({ state: 'stuck', reason: 'a row is missing' })
    expect(() => a.serving()).toThrow(/REPLICA_NOT_READY: replica a of shard s0 is stuck: a row is missing/)
    await group.stop('a')
    await group.stopAll()
  })

  test('replica: told late of what was rebuilt since, and beside it of what was not -> silent for the latter alone (AUD-1)', async () => {
    const group = new Group()
    const [a, b] = [group.start('a', await altering(group.world.log, 1)), group.start('b')]
    await group.serving(a, b)
    await group.world.send(...rows)
    await group.pass(80)
    await group.serving(a, b)
    expect(a.current!.manifest).toMatchObject({ version: 3, operation: { kind: 'rebuild', base: 1 } })
    a.distrust({ version: 2, message: 'of the version that was rebuilt' })
    expect(() => a.serving()).toThrow(/of the version that was rebuilt/)
    await group.pass(2)
    expect(a.status).toEqual({ state: 'serving', reason: '' })
    a.distrust({ version: 3, message: 'of the newest' })
    a.distrust({ version: 2, message: 'of the version that was rebuilt' })
    await group.pass(2)
    expect(a.status).toEqual({ state: 'stuck', reason: 'of the newest' })
    await group.stopAll()
  })

  test('replica: it is opened from a version that is right, after one that is not -> found, and rebuilt (AUD-1)', async () => {
    const group = new Group()
    const bad = group.start('a', await altering(group.world.log, 1))
    await group.serving(bad)
    await group.world.send(...rows)
    await group.pass(70)
    await group.world.send({ id: 'more' })
    await group.pass(70)
    expect(bad.current!.manifest.version).toBe(3)
    await group.stop('a')
    const [a, b] = [group.start('a'), group.start('b')]
    await group.pass(10)
    await group.serving(a, b)
    await group.pass(10)
    for (const host of [a, b]) {
      expect(host.current!.manifest).toMatchObject({ operation: { kind: 'rebuild', base: 1 } })
      await group.expectTruth(host)
    }
    await group.stopAll()
  })

  test('replica: it knows that what it started from is wrong, and cuts more -> that cut is no proof (AUD-1)', async () => {
    const group = new Group()
    const bad = group.start('a', await altering(group.world.log, 1))
    await group.serving(bad)
    await group.world.send(...rows)
    await group.pass(70)
    await group.stop('a')
    // Nobody is there to confirm what it finds. Nor can it find it twice: the log is away after the first time.
    for (const times of [Number.POSITIVE_INFINITY, 1]) {
      const a = group.start('a', leaving(group.world.log, times))
      await group.pass(3)
      await group.world.send({ id: `more ${times}` })
      for (let second = 0; second < 70; second++) {
        await group.pass(1)
        expect(a.status.state).toBe('stuck')
      }
      await group.stop('a')
    }
    await group.stopAll()
  })

  /** A query at what the replica has applied. */
  function asking(group: Group, host: ReplicaHost) {
    const lag = new Lag(group.world.clock, () => host.current)
    const metrics = replicaMetrics([new Registry()], { host, lag, cache: undefined, segmentsMax: 1 })
    const queries = new ReplicaQueries({
      ...{ host, routing: group.routing.get('a')!, clock: group.world.clock, metrics, queriesAtOnce: 1 },
      ...{ queryDeadlineMs: 30_000, exportDeadlineMs: 30_000, damaged: () => {} },
    })
    const range = { project: 'p', from: midnight, to: midnight + 1000 }
    const query = { type: 'segmentation', ...range, select: {}, measure: 'total' }
    const request = writePartialMessage({ query, phase: { kind: 'groups' }, limits: {} })
    return { queries, call: { cluster: 'c', shard: 's0', routingEpoch: 1, at: host.current!.applied, request } }
  }

  test('replica: it turns out to be wrong at any moment of a query -> no answer after that (AUD-1)', async () => {
    const outcomes: string[] = []
    for (let isDone = false; !isDone; ) {
      const group = new Group()
      const a = group.start('a')
      await group.serving(a)
      await group.world.send(...rows)
      await group.pass(70)
      const { queries, call } = asking(group, a)
      const late = queries.partial(call, signal).then(
        ({ partial }) => {
          isDone = true
          return Buffer.from(partial).toString()
        },
        (error: Error) => error.message,
      )
      await turns(outcomes.length)
      const wasDone: boolean = isDone
      a.distrust({ version: 2, message: 'a row is missing' })
      outcomes.push(await late)
      isDone = wasDone
      await expect(queries.pin({ ...call, minimum: undefined }, signal)).rejects.toThrow(/is stuck: a row is missing/)
      await group.stopAll()
    }
    // An answer takes a few turns from its last check to its caller.
    const [before, after] = [outcomes.slice(0, -8), outcomes.slice(-1)]
    expect(before.filter((outcome) => !outcome.startsWith('REPLICA_NOT_READY'))).toEqual([])
    expect(before.length).toBeGreaterThan(20)
    expect(after[0]).toContain('"events":12')
  })

  test('replica: a request for another shard, or by a map that is too old -> ROUTING_STALE', async () => {
    const group = new Group()
    const a = group.start('a')
    await group.serving(a)
    const { queries, call } = asking(group, a)
    await expect(queries.partial({ ...call, shard: 's9' }, signal)).rejects.toThrow(/ROUTING_STALE/)
    await expect(queries.pin({ ...call, routingEpoch: 0, minimum: undefined }, signal)).rejects.toThrow(/ROUTING_STALE/)
    await group.stopAll()
  })

  test('replica: its address was that of another cluster with a shard of the same id -> no answer, so that the caller asks elsewhere (QRY-1)', async () => {
    const group = new Group()
    const a = group.start('a')
    await group.serving(a)
    const { queries, call } = asking(group, a)
    const foreign = { ...call, cluster: 'other' }
    const said = /REPLICA_NOT_READY: got a request for shard s0 of cluster other at a replica of cluster c/
    await expect(queries.pin({ ...foreign, minimum: undefined }, signal)).rejects.toThrow(said)
    await expect(queries.partial(foreign, signal)).rejects.toThrow(said)
    await expect(queries.export(foreign, signal).next()).rejects.toThrow(said)
    expect(await queries.pin({ ...call, minimum: undefined }, signal)).toEqual(a.current!.applied)
    const { digestRange, distrust } = adminParts(
      { host: a, lag: new Lag(group.world.clock, () => a.current) },
      group.routing.get('a')!,
    )
    const range = { from: vectorToMessage(call.at), to: vectorToMessage(call.at) }
    const asks = (cluster: string) => digestRange!({ cluster, shard: 's0', ...range }, signal)
    await expect(asks('other')).rejects.toThrow(/shard s0 of cluster other at a replica of s0 of cluster c/)
    expect((await asks('c')).digest!.rows).toBe(0)
    distrust!({ cluster: 'other', shard: 's0', version: 1, message: 'theirs' })
    expect(a.status.state).toBe('serving')
    distrust!({ cluster: 'c', shard: 's0', version: 1, message: 'ours' })
    expect(a.status).toEqual({ state: 'stuck', reason: 'ours' })
    await group.stopAll()
  })

  test('replica: another primary is named -> it cuts, and the former one follows; both cutting is one cut (MAN-1)', async () => {
    const group = new Group()
    const [a, b] = [group.start('a'), group.start('b')]
    await group.serving(a, b)
    group.routing.get('b')!.push(mapOf('b', 2))
    await group.world.send(...rows)
    await group.pass(70)
    expect([a, b].map(({ isPrimary }) => isPrimary)).toEqual([true, true])
    expect([a, b].map(({ current }) => current!.manifest.version)).toEqual([2, 2])
    expect(a.current!.manifest.nonce).toBe(b.current!.manifest.nonce)
    group.routing.get('a')!.push(mapOf('b', 2))
    expect([a, b].map(({ current }) => current!.isPrimary)).toEqual([false, true])
    await group.world.send({ id: 'more' })
    await group.pass(70)
    expect([a, b].map(({ current }) => current!.manifest.version)).toEqual([3, 3])
    for (const host of [a, b]) await group.expectTruth(host)
    await group.stopAll()
  })

  test('replica: the primary is silent for three intervals -> the other cuts (MAN-1)', async () => {
    const group = new Group()
    const [a, b] = [group.start('a'), group.start('b')]
    await group.serving(a, b)
    await group.stop('a')
    await group.world.send(...rows)
    await group.pass(175)
    expect(b.current!.manifest.version).toBe(1)
    await group.pass(15)
    expect(b.current!.manifest.version).toBe(2)
    await group.stopAll()
  })
})
