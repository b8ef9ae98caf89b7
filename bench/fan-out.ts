/**
 * `bench -- fan-out`: what HTTP, gRPC, pinning and the merge cost on top of the engine: the same questions over
 * the same two shards, once in this process and once as a client of the query role.
 *
 * Every role runs on this one thread, its client too, so nothing is hidden by another core. Rounds are
 * interleaved. Throws when the two answers differ.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Ingest } from '../dataplane/ingest/ingest.ts'
import { runQuery } from '../dataplane/query/run.ts'
import { connectAdmin } from '../dataplane/rpc/remote-admin.ts'
import { connectLog } from '../dataplane/rpc/remote-log.ts'
import { realClock } from '../dataplane/runtime/clock.ts'
import { Shard } from '../dataplane/shard/shard.ts'
import type { WorkloadOptions } from '../workload/generate.ts'
import { makeBodies, tapeOf } from './bodies.ts'
import { FanOutRoles, shards, silent } from './fan-out-roles.ts'
import { hashLines, linesOfResult, type Question, queryDocument, questions } from './questions.ts'
import { makeRow, median, type Row } from './report.ts'

export interface FanOutOptions {
  readonly workload: WorkloadOptions
  readonly rounds: number
  /** What is compared: time that passed, or CPU time, which is steadier where others use the machine. */
  readonly clock: 'wall' | 'cpu'
  readonly folder: string
  readonly say: (line: string) => void
}

/** A row per question: ms over the network beside ms in the process. */
export async function fanOutBench(options: FanOutOptions): Promise<Row[]> {
  mkdirSync(options.folder, { recursive: true })
  const folder = mkdtempSync(join(options.folder, 'fan-out-'))
  const roles = new FanOutRoles(folder)
  try {
    await roles.start()
    await fill(roles, options)
    return await measure(roles, options)
  } finally {
    await roles.stop()
    rmSync(folder, { recursive: true })
  }
}

async function fill(roles: FanOutRoles, { workload, say }: FanOutOptions): Promise<void> {
  const log = await connectLog({ ...roles.remote(roles.log), logger: silent, appendTimeoutMs: 60_000 })
  const ingest = new Ingest({ log, clock: realClock, generation: 1 })
  const { bodies, rows } = makeBodies(workload, 2000)
  for (const body of bodies) await ingest.accept({ events: tapeOf(body), bytes: body.length })
  await ingest.close()
  const ends = await Promise.all(shards.map((_, partition) => log.end(partition)))
  await log.close()
  say(`${rows} events are in the log`)
  const minimum = { generation: 1, next: Object.fromEntries(ends.entries()) }
  await roles.ask({ type: 'segmentation', from: 0, to: 1, select: {}, measure: 'total', minimum })
  for (const [i, { id }] of shards.entries()) {
    const admin = connectAdmin({ ...roles.remote(roles.replicas[i]!), timeoutMs: 120_000 })
    await admin.cutNow(id)
    admin.close()
  }
}

async function measure(roles: FanOutRoles, { rounds, clock, say }: FanOutOptions): Promise<Row[]> {
  const log = await connectLog({ ...roles.remote(roles.log), logger: silent, appendTimeoutMs: 1000 })
  const own = await Promise.all(
    shards.map(({ id, ...ring }) => Shard.open({ ...roles.ports, log }, { shard: id, ring, isPrimary: false })),
  )
  const rows: Row[] = []
  for (const question of questions) {
    const document = queryDocument(question)
    const times = { process: [] as number[], network: [] as number[] }
    let hash: string | undefined
    for (let round = -2; round < rounds; round++) {
      const inProcess = await timed(clock, async () => {
        const views = await Promise.all(own.map((shard) => shard.view()))
        return (await runQuery(views, document, { clock: realClock })).result
      })
      const overNetwork = await timed(clock, () => roles.ask(document))
      hash = sameHash(question, inProcess.result, overNetwork.result)
      if (round < 0) continue
      times.process.push(inProcess.ms)
      times.network.push(overNetwork.ms)
    }
    const peers = { 'in process': median(times.process) }
    const name = question.name
    rows.push(makeRow({ name, shape: '2 shards', unit: 'ms', ours: median(times.network), peers, hash }, 'less'))
    say(`${name}: ${median(times.network).toFixed(1)} ms, in the process ${peers['in process'].toFixed(1)} ms`)
  }
  await log.close()
  return rows
}

function sameHash(question: Question, inProcess: unknown, overNetwork: unknown): string {
  const hashes = [inProcess, overNetwork].map((result) => hashLines(linesOfResult(question.kind, result)))
  if (hashes[0] !== hashes[1])
    throw new Error(`${question.name}: the query role answers ${hashes[1]}, the engine ${hashes[0]}`)
  return hashes[0]!
}

async function timed<Result>(
  clock: FanOutOptions['clock'],
  act: () => Promise<Result>,
): Promise<{ result: Result; ms: number }> {
  const [begin, cpu] = [performance.now(), process.cpuUsage()]
  const result = await act()
  const { user, system } = process.cpuUsage(cpu)
  return { result, ms: clock === 'cpu' ? (user + system) / 1000 : performance.now() - begin }
}
