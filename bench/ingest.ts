/**
 * `bench -- ingest`: events over HTTP until they are durable, with a replica that reads them and a query that
 * sees them, in processes of their own on the cores that the load is made on too.
 *
 * Compared with what one core does in bare `JSON.parse` of the same bodies, before and after the load in this
 * process. Throws unless a query counts every event once afterwards.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkloadOptions } from '../workload/generate.ts'
import { workloadEnd, workloadProject, workloadStart } from '../workload/shape.ts'
import { BodyFile } from './body-file.ts'
import { clickhouseIngest, type PeerRates } from './ingest-clickhouse.ts'
import { countOf, endsOfLog, HttpClient, type Probed, probe, probeProject, sendAll } from './ingest-load.ts'
import { IngestProcesses, type RoleName, roleNames } from './ingest-processes.ts'
import { makeRow, type Row } from './report.ts'

export interface IngestProcessBenchOptions {
  readonly workload: WorkloadOptions
  /** Where log, segments and bodies are written: a real disk, or fsync costs nothing. */
  readonly folder: string
  readonly peers: boolean
  /** Events a second; as many as are acknowledged by default. */
  readonly rate?: number | undefined
  readonly say: (line: string) => void
}

const eventsPerBody = 2000
const connections = 8
/** Bodies sent before anything is measured, at most a fifth of all: code gets compiled. */
const warmUpBodiesMax = 100
/** Bodies that bare `JSON.parse` is timed on, before and after the load. */
const parsedBodiesMax = 100
const sampleEveryMs = 1000

/** Throws when an event is refused, lost or counted twice. */
export async function ingestProcessBench(options: IngestProcessBenchOptions): Promise<Row[]> {
  mkdirSync(options.folder, { recursive: true })
  const folder = mkdtempSync(join(options.folder, 'ingest-'))
  const bodies = BodyFile.write(join(folder, 'bodies.json'), options.workload, eventsPerBody)
  const processes = new IngestProcesses()
  try {
    await processes.start({ folder: join(folder, 'cluster'), projects: [workloadProject, probeProject] })
    const load = await underLoad(processes, bodies, options)
    await processes.stop()
    const peer = options.peers ? await clickhouseIngest(bodies, join(folder, 'clickhouse'), options.say) : undefined
    return rowsOf(load, bodies, peer)
  } catch (error) {
    options.say(processes.explain())
    throw error
  } finally {
    await processes.stop()
    bodies.remove()
    rmSync(folder, { recursive: true })
  }
}

interface Load {
  /** Events sent while it was measured. */
  readonly rows: number
  readonly ms: number
  readonly cpuMs: Readonly<Record<RoleName | 'load', number>>
  readonly rssMaxBytes: Readonly<Record<RoleName, number>>
  readonly fsyncs: number
  readonly probed: Probed
  /** CPU ms of bare `JSON.parse` for one event. */
  readonly parseMs: number
}

async function underLoad(
  processes: IngestProcesses,
  bodies: BodyFile,
  { rate, say }: Pick<IngestProcessBenchOptions, 'rate' | 'say'>,
): Promise<Load> {
  const ingest = new HttpClient(processes.endpoint('ingest', 'http'), connections + 1)
  const query = new HttpClient(processes.endpoint('query', 'http'), 2)
  const log = endsOfLog(processes.endpoint('log', 'grpc'))
  const warmUp = Math.min(warmUpBodiesMax, Math.floor(bodies.count / 5))
  const target = { project: workloadProject, connections }
  const stop = new AbortController()
  const sampled = sampleMemory(processes, stop.signal)
  let probing: Promise<Probed> | undefined
  try {
    await sendAll(ingest, bodies, { ...target, first: 0, end: warmUp })
    const parseBefore = parseTime(bodies)
    probing = probe({ ingest, query, ends: () => log.ends() }, stop.signal)
    const fsyncsBefore = (await processes.metrics('log')).get('anabranch_log_fsyncs_total')!
    const before = await cpuOf(processes)
    const begin = performance.now()
    const sending = sendAll(ingest, bodies, { ...target, rate, first: warmUp, end: bodies.count })
    const rows = (await Promise.race([sending, probing.then(() => sending)])) as number
    const ms = performance.now() - begin
    say(`${rows} events durable after ${(ms / 1000).toFixed(1)} s`)
    const fsyncs = (await processes.metrics('log')).get('anabranch_log_fsyncs_total')! - fsyncsBefore
    const minimum = await log.ends()
    const range = { from: workloadStart, to: workloadEnd, minimum }
    const seen = await countOf(query, workloadProject, range)
    if (seen !== bodies.visibleRows) {
      throw new Error(`a query sees ${seen} events, ${bodies.visibleRows} different ones were sent`)
    }
    // What the replica had still to do at the end of the load is in it.
    const after = await cpuOf(processes)
    stop.abort()
    const probed = await probing
    const cpuMs = Object.fromEntries(Object.keys(after).map((name) => [name, after[name]! - before[name]!]))
    const parseMs = (parseBefore + parseTime(bodies)) / 2
    return { rows, ms, cpuMs: cpuMs as Load['cpuMs'], rssMaxBytes: await sampled, fsyncs, probed, parseMs }
  } finally {
    stop.abort()
    await Promise.allSettled([sampled, probing])
    ingest.close()
    query.close()
    log.close()
  }
}

/** CPU ms so far, of the roles and of this process, which makes the load. */
async function cpuOf(processes: IngestProcesses): Promise<Record<string, number>> {
  const { user, system } = process.cpuUsage()
  const roles = await Promise.all(roleNames.map(async (role) => [role, (await processes.usage(role)).cpuMs]))
  return { load: (user + system) / 1000, ...Object.fromEntries(roles) }
}

async function sampleMemory(processes: IngestProcesses, signal: AbortSignal): Promise<Record<RoleName, number>> {
  const most = { log: 0, ingest: 0, replica: 0, query: 0 }
  while (!signal.aborted) {
    for (const role of roleNames) most[role] = Math.max(most[role], (await processes.usage(role)).rssBytes)
    await new Promise((resolve) => setTimeout(resolve, sampleEveryMs))
  }
  return most
}

/** CPU ms that bare `JSON.parse` takes for an event. */
function parseTime(bodies: BodyFile): number {
  const count = Math.min(bodies.count, parsedBodiesMax)
  let [ms, events] = [0, 0]
  for (let i = -Math.ceil(count / 4); i < count; i++) {
    const body = bodies.body(Math.max(0, i))
    const cpu = process.cpuUsage()
    const parsed = JSON.parse(body.toString('utf8')) as unknown[]
    const { user, system } = process.cpuUsage(cpu)
    if (i < 0) continue
    ms += (user + system) / 1000
    events += parsed.length
  }
  return ms / events
}

function rowsOf(load: Load, bodies: BodyFile, peer: PeerRates | undefined): Row[] {
  const { rows, ms, cpuMs, rssMaxBytes, fsyncs, probed, parseMs } = load
  const shape = `bodies of ${eventsPerBody}`
  const row = (name: string, unit: string, ours: number, peers: Row['peers'] = {}) =>
    makeRow({ name, shape, unit, ours, peers, hash: undefined }, unit === 'k events/s' ? 'more' : 'less')
  const cpu = Object.values(cpuMs).reduce((sum, one) => sum + one, 0)
  const parse = 1 / parseMs
  const peers = (rate: number | undefined) => ({ 'JSON.parse': parse, ...(rate !== undefined && { ClickHouse: rate }) })
  return [
    row('HTTP to durable', 'k events/s', rows / ms, peers(peer?.byTime)),
    row('HTTP to durable, by CPU time on two cores', 'k events/s', (2 * rows) / cpu, peers(peer && 2 * peer.byCpu)),
    ...Object.entries(cpuMs).map(([name, used]) => row(`CPU of an event: ${name}`, 'us', (1000 * used) / rows)),
    row('JSON of an event', 'bytes', bodies.bytes / bodies.rows),
    row('fsyncs of the log', 'fsyncs', fsyncs),
    ...([0.5, 0.99] as const).flatMap((share) => [
      row(`sent to acknowledged, p${100 * share}`, 'ms', percentile(probed.acknowledged, share)),
      row(`accepted to queryable, p${100 * share}`, 'ms', percentile(probed.queryable, share)),
    ]),
    ...roleNames.map((role) => row(`most memory: ${role}`, 'MB', rssMaxBytes[role] / 1e6)),
  ]
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!
}
