/**
 * `bench -- query`: the canonical questions, ours beside ClickHouse and DuckDB, in one run.
 *
 * Each round asks every engine the same question, one after the other, and the first engine changes from
 * round to round, so that a slow moment of the machine hits all of them. The figure is the median over
 * rounds. All answers must have one hash, and ours must have scanned the rows that it cannot do without;
 * otherwise the benchmark fails. The peers answer from their one merged table in both shapes: their best case.
 */
import { clickhouseSql } from './clickhouse.ts'
import { duckdbSql } from './duckdb.ts'
import type { OurEngine } from './engine.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peer-data.ts'
import { hashLines, linesOfResult, linesOfRows, type Question, queryDocument, questions } from './questions.ts'
import { makeRow, median, type Row } from './report.ts'
import { type ShapeName, type Shapes, shapeNames } from './shapes.ts'

export interface QueryBenchOptions {
  readonly shapes: Shapes
  readonly engine: OurEngine
  readonly peers: Peers | undefined
  /** Measured rounds, and rounds before them that are not. */
  readonly rounds: number
  readonly warmUp: number
  /** What is compared: time that passed, or CPU time, which is steadier where others use the machine. */
  readonly clock: 'wall' | 'cpu'
  readonly say: (line: string) => void
}

interface Sample {
  readonly ms: number
  readonly cpuMs: number
  readonly hash: string
}

interface Contestant {
  readonly name: string
  ask(): Promise<Sample>
}

/** One row for each shape and question. Throws when answers differ or too few rows were scanned. */
export async function queryBench(options: QueryBenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  const statements = new Map<Question, Contestant[]>()
  for (const shape of shapeNames) {
    for (const question of questions) {
      let peers = statements.get(question)
      if (peers === undefined) {
        peers = await peerContestants(question, options.peers)
        statements.set(question, peers)
      }
      rows.push(await compare(question, shape, [ours(question, shape, options), ...peers], options))
      const { name, ours: rate, ratio } = rows[rows.length - 1]
      options.say(`${shape}: ${name}: ${rate.toFixed(1)} M/s${ratio === undefined ? '' : `, ${ratio.toFixed(2)}x`}`)
    }
  }
  return rows
}

async function compare(
  question: Question,
  shape: ShapeName,
  contestants: readonly Contestant[],
  { rounds, warmUp, shapes, clock }: QueryBenchOptions,
): Promise<Row> {
  const times = contestants.map((): number[] => [])
  const hashes = new Map<string, string>()
  for (let round = 0; round < warmUp + rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const i = (round + turn) % contestants.length
      const { ms, cpuMs, hash } = await contestants[i].ask()
      hashes.set(contestants[i].name, hash)
      if (round >= warmUp) times[i].push(clock === 'cpu' ? cpuMs : ms)
    }
  }
  if (new Set(hashes.values()).size !== 1) {
    const found = [...hashes].map(([name, hash]) => `${name} ${hash}`).join(', ')
    throw new Error(`${question.name} (${shape}): the answers differ: ${found}`)
  }
  const rates = times.map((ms) => shapes.visibleRows / median(ms) / 1000)
  const peers = Object.fromEntries(contestants.slice(1).map(({ name }, i) => [name, rates[i + 1]]))
  const hash = hashes.values().next().value
  return makeRow({ name: question.name, shape, unit: 'M events/s', ours: rates[0], peers, hash }, 'more')
}

function ours(question: Question, shape: ShapeName, { engine, shapes }: QueryBenchOptions): Contestant {
  const document = queryDocument(question)
  const needed = shapes.rowsNeeded[questions.indexOf(question)]
  return {
    name: 'ours',
    async ask() {
      const { ms, cpuMs, result, cost } = await engine.ask(shape, document)
      if (question.filter !== undefined && cost.rowsScanned < needed) {
        throw new Error(`${question.name} (${shape}): scanned ${cost.rowsScanned} rows, want at least ${needed}`)
      }
      return { ms, cpuMs, hash: hashLines(linesOfResult(question.kind, result)) }
    },
  }
}

async function peerContestants(question: Question, peers: Peers | undefined): Promise<Contestant[]> {
  if (peers === undefined) return []
  return [
    await fastest(question, peers.clickhouse, clickhouseSql(question)),
    await fastest(question, peers.duckdb, duckdbSql(question)),
  ]
}

/** Of several ways to ask, the one that this peer answers fastest here. */
async function fastest(question: Question, peer: Peer, statements: readonly string[]): Promise<Contestant> {
  let best = statements[0]
  let bestMs = Number.POSITIVE_INFINITY
  for (let round = 0; statements.length > 1 && round < 3; round++) {
    for (const sql of statements) {
      const { ms } = await peer.run(sql)
      // The first round warms the file cache.
      if (round > 0 && ms < bestMs) {
        bestMs = ms
        best = sql
      }
    }
  }
  return {
    name: peer.engine,
    async ask() {
      const { ms, cpuMs, rows } = await peer.run(best)
      return { ms, cpuMs, hash: hashLines(linesOfRows(question.kind, rows)) }
    },
  }
}
