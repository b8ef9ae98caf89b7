/**
 * `npm run bench`: measures the engine on the canonical workload, beside its peers where there are any.
 */
import { join } from 'node:path'
import { type BenchArguments, parseArguments, usage } from './arguments.ts'
import { OurEngine } from './engine.ts'
import { fanOutBench } from './fan-out.ts'
import { ingestProcessBench } from './ingest.ts'
import { ingestBench } from './ingest-core.ts'
import { memoryBench } from './memory.ts'
import { operatorBench } from './operator/operator.ts'
import { openPeers } from './peer-data.ts'
import { peerVersions } from './peer-install.ts'
import { queryBench } from './query.ts'
import { recordRows } from './record.ts'
import { asJson, asText, type Report } from './report.ts'
import { segmentBench } from './segment.ts'
import { storedShapes } from './shapes-folder.ts'

/** Progress goes to stderr, so that stdout holds the result alone. */
const say = (line: string) => console.error(line)

/** Rounds of each question before those that count: a query process lives long, and is measured as it is then. */
const warmUpRounds = 15

async function runQueries({ rows, seed, rounds, clock, peers: wanted }: BenchArguments): Promise<Report> {
  const stored = await storedShapes({ rows, seed }, say)
  const engine = await OurEngine.open(stored)
  const peers = wanted ? await openPeers({ rows, seed }, say) : undefined
  try {
    const { shapes } = stored
    const result = await queryBench({ shapes, engine, peers, rounds, warmUp: warmUpRounds, clock, say })
    return {
      title: `query: ${rows.toLocaleString('en')} canonical events (seed ${seed}), ${shapes.visibleRows.toLocaleString('en')} of them visible`,
      facts: [
        ...peerFacts(wanted),
        `one thread each, interleaved, median ${clock === 'cpu' ? 'CPU time' : 'time'} of ${rounds} rounds after ${warmUpRounds} of warming up; rates count visible events; all answers have the hash shown`,
      ],
      rows: result,
    }
  } finally {
    await peers?.close()
    await stored.store.close()
  }
}

async function runSegment({ rows, seed, rounds, peers: wanted }: BenchArguments): Promise<Report> {
  const workload = { rows, seed }
  const peers = wanted ? await openPeers(workload, say) : undefined
  try {
    return {
      title: `segment: ${rows.toLocaleString('en')} canonical events (seed ${seed}), the visible ones in one segment`,
      facts: [...peerFacts(wanted), `one thread; rates are the median of ${rounds} rounds`],
      rows: await segmentBench({ workload, peers, rounds }),
    }
  } finally {
    await peers?.close()
  }
}

async function runIngest({ rows, seed, peers, rate }: BenchArguments): Promise<Report> {
  const folder = join(import.meta.dirname, '..', '.anabranch', 'bench')
  return {
    title: `ingest: ${rows.toLocaleString('en')} canonical events (seed ${seed}), 1 shard, 1 replica`,
    facts: [
      'log, ingest, replica, query and the load, a process each, on the cores of this machine; a query sees each event once afterwards',
      'acknowledged: synced to disk; ClickHouse: a part synced to disk, every copy kept',
      ...(peers ? [`peer: ClickHouse by chdb ${peerVersions.chdb}, the same bodies into its JSON type`] : []),
    ],
    rows: await ingestProcessBench({ workload: { rows, seed }, folder, peers, rate, say }),
  }
}

async function runIngestCore({ rows, seed, rounds, clock }: BenchArguments): Promise<Report> {
  const folder = join(import.meta.dirname, '..', '.anabranch', 'bench')
  return {
    title: `ingest-core: ${rows.toLocaleString('en')} canonical events (seed ${seed})`,
    facts: [
      `one process, runs of the tail merged in a worker thread; rates are the median${clock === 'cpu' ? ' of CPU time' : ''} of ${rounds} rounds`,
      'the peer is JSON.parse of the same bodies; a query sees each event once afterwards',
    ],
    rows: [
      ...(await ingestBench({ workload: { rows, seed }, rounds, folder, requests: 1500, clock, say })),
      ...recordRows({ rows, seed }, rounds),
    ],
  }
}

function peerFacts(wanted: boolean): string[] {
  const versions = `ClickHouse by chdb ${peerVersions.chdb}, DuckDB by @duckdb/node-api ${peerVersions['@duckdb/node-api']}`
  return wanted ? [`peers: ${versions}`] : []
}

async function runMemory({ rows, seed }: BenchArguments): Promise<Report> {
  return {
    title: `memory: ${rows.toLocaleString('en')} canonical events (seed ${seed})`,
    facts: ['resident memory of a process that answers every canonical question, its start and Node itself included'],
    rows: await memoryBench({ rows, seed }, say),
  }
}

async function runFanOut({ rows, seed, rounds, clock }: BenchArguments): Promise<Report> {
  const folder = join(import.meta.dirname, '..', '.anabranch', 'bench')
  return {
    title: `fan-out: ${rows.toLocaleString('en')} canonical events (seed ${seed})`,
    facts: [
      `all roles and their client on one thread, interleaved with the engine by itself, median of ${rounds} rounds`,
    ],
    rows: await fanOutBench({ workload: { rows, seed }, rounds, clock, folder, say }),
  }
}

async function runOperator({ rows: objects, rounds }: BenchArguments): Promise<Report> {
  return {
    title: `operator: ${objects.toLocaleString('en')} objects on the API server of KUBECONFIG`,
    facts: [
      `a process for each of ${rounds} cold starts, Node and its imports included; the API server shares the machine`,
    ],
    rows: await operatorBench({ objects, rounds, say }),
  }
}

const runners: Record<BenchArguments['bench'], (options: BenchArguments) => Promise<Report>> = {
  'fan-out': runFanOut,
  ingest: runIngest,
  'ingest-core': runIngestCore,
  memory: runMemory,
  operator: runOperator,
  query: runQueries,
  segment: runSegment,
}

async function main(argv: readonly string[]): Promise<void> {
  const options = parseArguments(argv)
  if (options === undefined) {
    console.log(usage)
    return
  }
  const report = await runners[options.bench](options)
  console.log(options.json ? asJson(report) : asText(report, `npm run bench -- ${argv.join(' ')}`))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
