import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer } from '../../oracle/answer.ts'
import type { LoggedEvent } from '../../oracle/event.ts'
import type { Query } from '../../oracle/query.ts'
import { dump } from '../support/deliver.ts'
import { Cluster } from '../support/processes/cluster.ts'
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
})
