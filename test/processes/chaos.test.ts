import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerLinear, markDuplicatesLinear } from '../../oracle/answer.ts'
import type { Query } from '../../oracle/query.ts'
import { type Answered, runChaos } from '../support/processes/chaos.ts'
import { Cluster } from '../support/processes/cluster.ts'
import { stopAll } from '../support/processes/process.ts'

/** Raise it to break things for longer: `npm run chaos` does. */
const seconds = Number(process.env.ANABRANCH_CHAOS_SECONDS ?? 20)
const seed = process.env.ANABRANCH_CHAOS_SEED ?? '1'

const from = Date.UTC(2026, 0, 5)
const range = { project: 'p1', from, to: from + 4 * 86_400_000, timezone: 'UTC' } as const
const steps = [{ events: ['Visit'] }, { events: ['Add'] }, { events: ['Buy'] }]
const queries: readonly Query[] = [
  {
    type: 'segmentation',
    ...range,
    select: {},
    measure: 'total',
    breakdown: [{ field: 'event' }, { property: 'plan' }],
  },
  { type: 'segmentation', ...range, select: { events: ['Buy'] }, measure: 'unique', unit: 'day' },
  { type: 'funnel', ...range, steps, windowMs: 86_400_000, entry: 'first', graceMs: 0 },
  { type: 'retention', ...range, birth: steps[0], return: {}, unit: 'day', count: 2, mode: 'rolling', criteria: 'on' },
] as never

let cluster: Cluster

beforeAll(async () => {
  const replicaFlags = { 'cut-age-ms': 1_500, 'follow-ms': 250, 'segment-rows-max': 2_000 }
  cluster = await Cluster.start({ shards: 2, replicas: 2, partitions: 4, replicaFlags })
}, 120_000)

afterAll(async () => {
  await stopAll()
  await cluster.remove()
})

test(
  `chaos: any process killed or paused at any moment for ${seconds} s of imports -> nothing lost, nothing twice, answers as the oracle (ING-1, DED-1, QRY-1)`,
  async () => {
    const report = await runChaos({ cluster, ms: seconds * 1000, seed, queries })
    const stored = new Set(report.logged.map(({ insert_id }) => insert_id))
    expect([...report.acknowledged].filter((id) => !stored.has(id))).toEqual([])
    expect([...stored].filter((id) => !report.sent.has(id))).toEqual([])
    expect(report.acknowledged.size).toBeGreaterThan(0)
    expect(report.failed).toEqual([])
    const minimum = await cluster.end()
    const last = await Promise.all(
      queries.map(async (query) => ({
        query,
        ...((await (await cluster.query({ ...query, minimum })).json()) as object),
      })),
    )
    for (const { query, at, pending, result } of [...report.answers, ...last] as Answered[]) {
      const before = report.logged.filter(({ position }) => position.offset < (at.next[position.partition] ?? 0))
      const want = JSON.parse(JSON.stringify(answerLinear(markDuplicatesLinear(before), query as Query))) as unknown
      expect({ query, at, pending, result }).toEqual({ query, at, pending: 0, result: want })
    }
    for (const name of cluster.map.shards.flatMap(({ replicas }) => replicas.map((replica) => replica.name))) {
      const { probes } = cluster.process(name).endpoints
      const metrics = await (await fetch(`http://${probes}/metrics`)).text()
      expect(metrics).toContain('\nanabranch_replica_divergences_total 0\n')
    }
    const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0)
    console.log(
      `${faults} faults, ${report.acknowledged.size} events acknowledged, ${report.asked} queries`,
      report.faults,
    )
    expect(faults).toBeGreaterThan(seconds / 4)
  },
  seconds * 1000 + 120_000,
)
