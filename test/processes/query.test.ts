import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writePartialMessage } from '../../dataplane/query/messages.ts'
import type { Phase } from '../../dataplane/query/phases.ts'
import { answer as answerSchema, exportLine, failure } from '../../dataplane/roles/query/openapi.ts'
import { formatRoutingMap, type RoutingShard } from '../../dataplane/routing/map.ts'
import { plainText } from '../../dataplane/rpc/credentials.ts'
import { connectAdmin, type RemoteAdmin } from '../../dataplane/rpc/remote-admin.ts'
import { connectReplica } from '../../dataplane/rpc/remote-replica.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import type { OffsetVector } from '../../dataplane/schema/event.ts'
import { answer } from '../../oracle/answer.ts'
import type { LoggedEvent } from '../../oracle/event.ts'
import type { ExportLine, Query } from '../../oracle/query.ts'
import { dump } from '../support/deliver.ts'
import { Cluster, ingestToken, queryToken } from '../support/processes/cluster.ts'
import { stopAll } from '../support/processes/process.ts'

const day = 86_400_000
const from = Date.UTC(2026, 0, 5)

/** Few users and names, so that chains, ties and groups are many; the last tenth repeats earlier events. */
function events(count: number): { event: string; properties: Record<string, unknown> }[] {
  return Array.from({ length: count }, (_, n) => {
    const i = n < count * 0.9 ? n : n - Math.floor(count * 0.9)
    return {
      event: ['Visit', 'Add', 'Buy', 'Ünseen'][(i * 7) % 4]!,
      properties: {
        time: from + ((i * 7919) % (3 * day)),
        distinct_id: `user-${(i * 31) % 97}`,
        $insert_id: `i-${i}`,
        plan: ['free', 'pro', null][i % 3],
        amount: (i % 50) / 10,
        [`only-${i % 5}`]: [i % 7, { deep: 'é' }],
      },
    }
  })
}

const range = { project: 'p1', from, to: from + 4 * day, timezone: 'Europe/Berlin' } as const
const queries: readonly Query[] = [
  { type: 'segmentation', ...range, select: {}, measure: 'total', unit: 'day' },
  { type: 'segmentation', ...range, select: { events: ['Buy'] }, measure: 'unique', breakdown: [{ property: 'plan' }] },
  {
    type: 'segmentation',
    ...range,
    select: {},
    measure: { sum: { property: 'amount' } },
    breakdown: [{ field: 'distinct_id' }, { property: 'plan' }],
    limit: 3,
  },
  {
    type: 'funnel',
    ...range,
    steps: [{ events: ['Visit'] }, { events: ['Add'] }, { events: ['Buy'] }],
    windowMs: day,
    entry: 'first',
    graceMs: 0,
  },
  {
    type: 'retention',
    ...range,
    birth: { events: ['Visit'] },
    return: {},
    unit: 'day',
    count: 3,
    mode: 'calendar',
    criteria: 'on',
  },
] as never

describe('a cluster of processes', () => {
  let cluster: Cluster
  let logged: LoggedEvent[]

  beforeAll(async () => {
    const flags = { 'cut-age-ms': 300, 'follow-ms': 100 }
    cluster = await Cluster.start({ shards: 2, replicas: 2, partitions: 4, replicaFlags: flags })
    const all = events(2_000)
    for (let at = 0; at < all.length; at += 200) {
      const reply = await cluster.import(all.slice(at, at + 200))
      expect(reply.status, await reply.text()).toBe(200)
    }
    logged = await dump(await cluster.log())
  }, 60_000)

  afterAll(async () => {
    await stopAll()
    await cluster.remove()
  })

  test.each(queries)('query: $type over HTTP at the end of the log -> as the oracle (QRY-1)', async (query) => {
    const minimum = await cluster.end()
    const reply = await cluster.query({ ...query, minimum })
    const body = (await reply.json()) as { result: unknown; at: unknown; pending: number }
    expect(body).toMatchObject({ pending: 0, at: minimum })
    expect(body.result).toEqual(JSON.parse(JSON.stringify(answer(logged, query))))
  })

  test('query: an export over HTTP -> every event once, in the order of the oracle (QRY-1, DED-1)', async () => {
    const query = { type: 'export', ...range, select: {}, copies: 'first' } as const
    const reply = await cluster.query({ ...query, minimum: await cluster.end() })
    expect(reply.headers.get('anabranch-pending')).toBe('0')
    const lines = (await reply.text()).split('\n').slice(0, -1)
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(answer(logged, query))
  })

  test('query: credentials of another kind, of another project, or none -> 401 and nothing is told (QRY-2)', async () => {
    const query = queries[0]!
    for (const token of [ingestToken, 'unknown-token', '']) {
      const reply = await cluster.query(query, token)
      expect(reply.status).toBe(401)
      expect(await reply.json()).toMatchObject({ error: { code: 'CREDENTIALS_INVALID', retryable: false } })
    }
    expect((await cluster.query({ ...query, project: 'p2' })).status).toBe(401)
  })

  test('query: answers, lines and errors -> as the OpenAPI document says', async () => {
    for (const query of queries) answerSchema.parse(await (await cluster.query(query)).json())
    failure.parse(await (await cluster.query({})).json())
    const lines = await (await cluster.query({ type: 'export', ...range, select: {}, copies: 'all' })).text()
    for (const line of lines.split('\n').slice(0, -1)) exportLine.parse(JSON.parse(line))
  })

  test('query: both replicas of each shard at one vector -> the same partials, byte for byte (QRY-1)', async () => {
    const at = vectorOf(await cluster.end())
    for (const query of queries) for (const [a, b] of await partials(cluster, query, at)) expect(a).toBe(b)
  })

  test('query: a vector that was left behind by later events and cuts -> answered as it was (QRY-1)', async () => {
    const at = vectorOf(await cluster.end())
    const before = await partials(cluster, queries[0]!, at)
    expect((await cluster.import([newEvent(), newEvent()])).status).toBe(200)
    const minimum = await cluster.end()
    expect((await cluster.query({ ...queries[0], minimum })).status).toBe(200)
    expect(await partials(cluster, queries[0]!, at)).toEqual(before)
    expect(await partials(cluster, queries[0]!, vectorOf(minimum))).not.toEqual(before)
    logged = await dump(await cluster.log())
  })

  test('raw export: one day, names and limit -> every copy in the form of the reference; wrong parameters 400', async () => {
    const get = (parameters: string, headers: Record<string, string> = {}) =>
      fetch(`http://${cluster.process('query').endpoints.http}/api/2.0/export?${parameters}`, {
        headers: { authorization: `Basic ${btoa(`${queryToken}:`)}`, ...headers },
      })
    const day = 'from_date=2026-01-05&to_date=2026-01-05'
    const reply = await get(`${day}&event=${encodeURIComponent('["Buy"]')}`)
    expect(reply.headers.get('content-encoding')).toBe('gzip')
    expect(reply.headers.get('content-type')).toMatch(/^text\/plain/)
    const lines = (await reply.text()).split('\n').slice(0, -1)
    const rows = { ...range, from, to: from + 86_400_000, select: { events: ['Buy'] }, copies: 'all' } as const
    const want = answer(logged, { type: 'export', ...rows }) as readonly ExportLine[]
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      want.map(({ event, time, distinct_id, insert_id, properties }) => ({
        event,
        properties: { time: Math.floor(time / 1000), distinct_id, $insert_id: insert_id, ...properties },
      })),
    )
    expect(lines.length).toBeGreaterThan(new Set(lines).size)
    const few = await get(`${day}&limit=3&time_in_ms=1`, { 'accept-encoding': 'identity' })
    expect((await few.text()).split('\n')).toHaveLength(4)
    for (const wrong of [
      'from_date=2026-01-05',
      `${day}&limit=0`,
      `${day}&event=Buy`,
      `${day}&where=1`,
      `${day}&x=1`,
    ]) {
      expect((await get(wrong)).status).toBe(400)
    }
    expect((await get('from_date=2026-02-30&to_date=2026-03-01')).status).toBe(400)
  })

  test('query: a client leaves -> its query is cancelled on the shards', async () => {
    const left = new AbortController()
    const never = { generation: 1, next: { 0: 1_000_000 } }
    const reply = cluster.query({ ...queries[0], minimum: never }, queryToken, left.signal)
    await metric(cluster, 'anabranch_query_running', 1)
    left.abort()
    await expect(reply).rejects.toThrow()
    await metric(cluster, 'anabranch_query_running', 0)
    const late = await cluster.query({ ...queries[0], minimum: never, deadlineMs: 100 })
    expect(late.status).toBe(408)
    expect(await late.json()).toMatchObject({ error: { code: 'QUERY_CANCELLED' } })
  })

  test('query: a document that is wrong -> 400 with the path', async () => {
    const reply = await cluster.query({ ...queries[0], unit: 'year' })
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ error: { code: 'QUERY_INVALID', field: 'unit' } })
    expect((await cluster.query({ ...queries[0], minimum: { generation: 1 } })).status).toBe(400)
  })

  test('query: one replica of each shard killed, then paused -> every query is answered, by the others (QRY-1)', async () => {
    const want = await results(cluster)
    await Promise.all(['s0-a', 's1-b'].map((name) => cluster.process(name).kill()))
    expect(await results(cluster)).toEqual(want)
    await Promise.all(['s0-a', 's1-b'].map((name) => cluster.run(name)))
    expect(await results(cluster)).toEqual(want)
    const paused = ['s0-b', 's1-a'].map((name) => cluster.process(name))
    for (const replica of paused) replica.pause()
    expect(await results(cluster)).toEqual(want)
    for (const replica of paused) replica.resume()
    expect(await results(cluster)).toEqual(want)
  })

  test('routing: another primary is pushed -> it cuts, the former one does not; a wrong map is refused', async () => {
    await push(cluster, { primary: 's0-b' }, 2)
    for (const name of ['s0-a', 's0-b']) {
      const { routingEpoch, shards } = await admin(cluster, name, (one) => one.status())
      expect([routingEpoch, shards[0]!.primary]).toEqual([2, name === 's0-b'])
    }
    expect((await cluster.import([newEvent()])).status).toBe(200)
    const { manifestVersion } = await admin(cluster, 's0-b', (one) => one.cutNow('s0'))
    expect((await admin(cluster, 's0-a', (one) => one.cutNow('s0'))).manifestVersion).toBeGreaterThanOrEqual(
      manifestVersion,
    )
    await expect(admin(cluster, 's0-a', (one) => one.pushRoutingMap('{}'))).rejects.toThrow(
      /pushed routing map: routingEpoch/,
    )
    logged = await dump(await cluster.log())
  })

  test('routing: replicas have a newer epoch of the shard -> a query waits for the map and is answered (QRY-1)', async () => {
    const tell = await push(cluster, { epoch: 3 }, 3)
    const refused = await cluster.query({ ...queries[0], deadlineMs: 300 })
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ error: { code: 'ROUTING_STALE' } })
    const waiting = cluster.query({ ...queries[0], minimum: await cluster.end() })
    await tell()
    const reply = await waiting
    expect(reply.status).toBe(200)
    const { result } = (await reply.json()) as { result: unknown }
    expect(result).toEqual(JSON.parse(JSON.stringify(answer(logged, queries[0]!))))
  })

  test('query: no replica of a shard runs -> 503 that names it at the deadline, answers again when one is back', async () => {
    await Promise.all(['s1-a', 's1-b'].map((name) => cluster.process(name).kill()))
    const reply = await cluster.query({ ...queries[0], deadlineMs: 300 })
    expect(reply.status).toBe(503)
    expect(await reply.json()).toMatchObject({
      error: { code: 'SHARD_UNAVAILABLE', message: expect.stringContaining('shard s1') },
    })
    const late = cluster.query({ ...queries[0], deadlineMs: 20_000 })
    await cluster.run('s1-b')
    expect((await late).status).toBe(200)
    await cluster.run('s1-a')
  })
})

/** By shard, the partial of each replica at a vector. */
function partials(cluster: Cluster, query: Query, at: OffsetVector): Promise<string[][]> {
  const kind = query.type === 'segmentation' ? 'groups' : query.type
  const request = writePartialMessage({ query, phase: { kind } as Phase, limits: {} })
  const bounds = { timeoutMs: 10_000, signal: new AbortController().signal }
  return Promise.all(
    cluster.map.shards.map(({ id: shard, replicas }) =>
      Promise.all(
        replicas.map(async ({ address }) => {
          const replica = connectReplica({ address, credentials: plainText, clock: realClock })
          const { partial } = await replica.partial({ cluster: 'test', shard, routingEpoch: 1, at, request }, bounds)
          replica.close()
          return JSON.stringify((JSON.parse(Buffer.from(partial).toString()) as { partial: unknown }).partial)
        }),
      ),
    ),
  )
}

let made = 0
const newEvent = () => ({
  event: 'Buy',
  properties: { time: from + 1, distinct_id: `user-${made}`, $insert_id: `new-${made++}` },
})

/** Waits until a metric of the query role has a value. */
async function metric(cluster: Cluster, name: string, value: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const text = await (await fetch(`http://${cluster.process('query').endpoints.probes}/metrics`)).text()
    if (text.includes(`\n${name} ${value}\n`)) return
  }
  throw new Error(`${name} never was ${value}`)
}

function vectorOf({ generation, next }: { generation: number; next: Record<string, number> }) {
  return { generation, next: new Map(Object.entries(next).map(([partition, offset]) => [Number(partition), offset])) }
}

/** Gives the replicas of the first shard a map of another epoch; the query role when told to. */
async function push(
  cluster: Cluster,
  change: Partial<RoutingShard>,
  routingEpoch: number,
): Promise<() => Promise<void>> {
  const [first, ...rest] = cluster.map.shards
  const map = formatRoutingMap({ ...cluster.map, routingEpoch, shards: [{ ...first!, ...change }, ...rest] })
  for (const { name } of first!.replicas) await admin(cluster, name, (one) => one.pushRoutingMap(map))
  return async () => {
    expect(await admin(cluster, 'query', (one) => one.pushRoutingMap(map))).toBe(routingEpoch)
  }
}

async function admin<Answer>(
  cluster: Cluster,
  name: string,
  ask: (one: RemoteAdmin) => Promise<Answer>,
): Promise<Answer> {
  const address = cluster.process(name).endpoints.grpc!
  const one = connectAdmin({ address, credentials: plainText, clock: realClock, timeoutMs: 10_000 })
  return ask(one).finally(() => one.close())
}

/** The results of all queries at the end of the log. */
async function results(cluster: Cluster): Promise<unknown[]> {
  const minimum = await cluster.end()
  return Promise.all(
    queries.map(async (query) => {
      const reply = await cluster.query({ ...query, minimum })
      const { result, error } = (await reply.json()) as { result?: unknown; error?: unknown }
      return result ?? error
    }),
  )
}
