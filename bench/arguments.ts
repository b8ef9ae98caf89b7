/** The command line of the benchmarks. */
import { parseArgs } from 'node:util'

export const benches = ['ingest', 'ingest-core', 'segment', 'query', 'memory', 'fan-out', 'operator'] as const
export type Bench = (typeof benches)[number]

export interface BenchArguments {
  readonly bench: Bench
  readonly rows: number
  readonly seed: number
  readonly rounds: number
  readonly json: boolean
  readonly clock: 'wall' | 'cpu'
  readonly peers: boolean
  /** Events a second. */
  readonly rate: number | undefined
}

const rowsByDefault: Readonly<Record<Bench, number>> = {
  ingest: 1_000_000,
  'ingest-core': 200_000,
  segment: 1_000_000,
  query: 10_000_000,
  memory: 5_000_000,
  'fan-out': 1_000_000,
  operator: 10_000,
}

export const usage = `Usage: npm run bench -- BENCH [OPTIONS]

  ingest        HTTP to durable and queryable in processes, memory of each, beside ClickHouse and JSON.parse
  ingest-core   parse, validate, record, durable log and tail, beside bare JSON.parse of the same bodies
  segment       bytes per event by column beside ClickHouse and DuckDB; encode and decode rates
  query         the canonical questions beside ClickHouse and DuckDB, in two shapes
  memory        the canonical questions in one process, and the most memory that it took
  fan-out       the canonical questions over HTTP and gRPC with 2 shards, beside the engine over the same shards
  operator      takeover, reaction, restart and cold start of the operator, on the API server of KUBECONFIG

  --rows N      events of the canonical workload (default: ingest 1000000, ingest-core 200000, segment 1000000,
                query 10000000, memory 5000000, fan-out 1000000); objects for operator (10000;
                a tenth as many EventClusters)
  --seed N      another stream of the same kind (default 1)
  --rounds N    measured rounds, the median counts (default 7)
  --cpu         compare CPU time instead of time that passed: steadier where others use the machine
  --json        one array of { name, shape, unit, ours, peers, ratio, hash } and nothing else on stdout
  --rate N      ingest: events a second (default: as many as are acknowledged)
  --no-peers    measure without ClickHouse and DuckDB (they are installed from npm into bench/peers/)
  --help        this text
`

/** `undefined` when help was asked for. Throws an `Error` that says what is wrong. */
export function parseArguments(argv: readonly string[]): BenchArguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rows: { type: 'string' },
      seed: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      cpu: { type: 'boolean', default: false },
      rate: { type: 'string' },
      'no-peers': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help || (positionals.length === 0 && argv.length === 0)) return undefined
  const bench = benches.find((name) => name === positionals[0])
  if (bench === undefined || positionals.length !== 1) {
    throw new Error(`which benchmark: got ${positionals.join(' ') || 'none'}, want one of ${benches.join(', ')}`)
  }
  return {
    bench,
    rows: integer('--rows', values.rows, rowsByDefault[bench], { min: 1000, max: 100_000_000 }),
    seed: integer('--seed', values.seed, 1, { min: 0, max: 4_294_967_295 }),
    rounds: integer('--rounds', values.rounds, 7, { min: 1, max: 1000 }),
    json: values.json,
    clock: values.cpu ? 'cpu' : 'wall',
    peers: !values['no-peers'],
    rate: values.rate === undefined ? undefined : integer('--rate', values.rate, 0, { min: 1000, max: 10_000_000 }),
  }
}

interface Bounds {
  readonly min: number
  readonly max: number
}

function integer(name: string, text: string | undefined, otherwise: number, { min, max }: Bounds): number {
  if (text === undefined) return otherwise
  const value = Number(text.replaceAll('_', ''))
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new Error(`${name}: got ${text}, want an integer from ${min} to ${max}`)
}
