/**
 * `bench -- ingest-core`: from the bytes of `/import` bodies to rows that a query sees, without HTTP:
 * parse → validate → record → fsync of the log → tail. Beside bare `JSON.parse` of the same bodies.
 *
 * Stages are cumulative, each measured in a pass of its own over all bodies; passes are interleaved and
 * the median counts. Sixteen requests are under way at once, as connections would be.
 */
import type { WorkloadOptions } from '../workload/generate.ts'
import { makeBodies, tapeOf } from './bodies.ts'
import { latencyRows } from './ingest-latency.ts'
import { IngestWorld } from './ingest-world.ts'
import { makeRow, median, type Row } from './report.ts'

export interface IngestBenchOptions {
  readonly workload: WorkloadOptions
  readonly rounds: number
  /** Where logs are written: a real disk, or fsync costs nothing. */
  readonly folder: string
  /** Requests of the latency measurement. */
  readonly requests: number
  /** CPU time is steadier where others use the machine; latencies are always time that passed. */
  readonly clock: Clock
  readonly say: (line: string) => void
}

export const eventsPerBody = 2000
const connections = 16

/** Throws when the tail does not hold exactly the visible events. */
export async function ingestBench({
  workload,
  rounds,
  folder,
  requests,
  clock,
  say,
}: IngestBenchOptions): Promise<Row[]> {
  const { bodies, rows, visibleRows } = makeBodies(workload, eventsPerBody)
  const parsed: number[] = []
  const validated: number[] = []
  const durable: number[] = []
  const queryable: number[] = []
  let fsyncs = 0
  for (let round = -1; round < rounds; round++) {
    const figures = {
      parse: await timed(clock, async () => bodies.forEach((body) => void JSON.parse(body.toString('utf8')))),
      validate: await timed(clock, async () => bodies.forEach((body) => void tapeOf(body))),
      durable: await IngestWorld.run(folder, (world) => timed(clock, () => send(world, bodies))),
      queryable: await IngestWorld.run(folder, async (world) => {
        const ms = await world.withShard(visibleRows, (shard) =>
          timed(clock, async () => {
            await send(world, bodies)
            await shard.waitFor(await world.end())
          }),
        )
        fsyncs = world.fsyncs
        return ms
      }),
    }
    if (round < 0) continue
    parsed.push(figures.parse)
    validated.push(figures.validate)
    durable.push(figures.durable)
    queryable.push(figures.queryable)
    say(
      `round ${round + 1}: ${Object.entries(figures)
        .map(([name, ms]) => `${name} ${Math.round(ms)} ms`)
        .join(', ')}`,
    )
  }
  const parse = rows / median(parsed)
  const row = (name: string, ms: readonly number[]) =>
    makeRow(
      {
        name,
        shape: `bodies of ${eventsPerBody}`,
        unit: 'k events/s',
        ours: rows / median(ms),
        peers: { 'JSON.parse': parse },
        hash: undefined,
      },
      'more',
    )
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0)
  const plain = (name: string, unit: string, ours: number) =>
    makeRow({ name, shape: `bodies of ${eventsPerBody}`, unit, ours, peers: {}, hash: undefined }, 'more')
  return [
    row('parse, validate', validated),
    row('parse, validate, record, fsync', durable),
    row('parse, validate, record, fsync, tail', queryable),
    plain('JSON of an event', 'bytes', bytes / rows),
    plain('fsyncs of the log', 'fsyncs', fsyncs),
    ...(await latencyRows(workload, { folder, requests })),
  ]
}

/** Sends all bodies over so many connections; resolves when all are durable. */
async function send({ ingest }: IngestWorld, bodies: readonly Buffer[]): Promise<void> {
  let next = 0
  const connection = async () => {
    while (next < bodies.length) {
      const body = bodies[next++]
      await ingest.accept({ events: tapeOf(body), bytes: body.length })
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
}

type Clock = 'wall' | 'cpu'

/** ms that `act` takes: that pass, or of CPU, worker threads included. */
async function timed(clock: Clock, act: () => Promise<void>): Promise<number> {
  const cpu = process.cpuUsage()
  const begin = performance.now()
  await act()
  if (clock === 'wall') return performance.now() - begin
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / 1000
}
