/**
 * How long after it is sent an event is acknowledged, and how long after that a query sees it (ING-1), at a
 * steady rate of small requests.
 */
import { realClock } from '../dataplane/runtime/clock.ts'
import type { WorkloadOptions } from '../workload/generate.ts'
import { makeBodies, tapeOf } from './bodies.ts'
import { IngestWorld } from './ingest-world.ts'
import { makeRow, type Row } from './report.ts'

export const eventsPerRequest = 20
const pauseMs = 2

export interface LatencyOptions {
  readonly folder: string
  readonly requests: number
}

interface Latency {
  readonly ackMs: number
  readonly queryableMs: number
}

/** Percentiles over all requests, in ms. */
export async function latencyRows(workload: WorkloadOptions, { folder, requests }: LatencyOptions): Promise<Row[]> {
  const { bodies, visibleRows } = makeBodies(workload, eventsPerRequest, requests)
  const latencies = await IngestWorld.run(folder, (world) =>
    world.withShard(visibleRows, async (shard) => {
      const one = async (body: Buffer): Promise<Latency> => {
        const sent = performance.now()
        await world.ingest.accept({ events: tapeOf(body), bytes: body.length })
        const acknowledged = performance.now()
        await shard.waitFor(await world.end())
        return { ackMs: acknowledged - sent, queryableMs: performance.now() - acknowledged }
      }
      const all: Promise<Latency>[] = []
      for (const body of bodies) {
        all.push(one(body))
        await realClock.sleep(pauseMs)
      }
      return Promise.all(all)
    }),
  )
  const shape = `${eventsPerRequest} events every ${pauseMs} ms`
  const row = (name: string, values: readonly number[], share: number) => {
    const ours = values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]
    return makeRow({ name, shape, unit: 'ms', ours, peers: {}, hash: undefined }, 'less')
  }
  const ack = latencies.map(({ ackMs }) => ackMs)
  const queryable = latencies.map(({ queryableMs }) => queryableMs)
  return [
    row('sent to acknowledged, p50', ack, 0.5),
    row('sent to acknowledged, p99', ack, 0.99),
    row('acknowledged to queryable, p50', queryable, 0.5),
    row('acknowledged to queryable, p99', queryable, 0.99),
  ]
}
