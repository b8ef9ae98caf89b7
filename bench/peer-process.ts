/**
 * The child process of one peer: it opens the engine and runs statements one after another, each timed
 * around the engine's own call. Its memory goes with it.
 *
 * Arguments: engine, folder of the npm packages, folder of its data. Protocol: `PeerRequest` in, `PeerReply` out.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'

export type Engine = 'clickhouse' | 'duckdb'

export interface PeerRequest {
  readonly sql: string
}

export type PeerReply =
  | { readonly ms: number; readonly cpuMs: number; readonly rows: readonly (readonly string[])[] }
  | { readonly error: string }

/** Runs one statement; the answer is complete when it resolves. `rows` spells it out, untimed. */
type Run = (sql: string) => Promise<() => string[][]>

interface Packages {
  readonly Session: new (path: string) => { query(sql: string, format: string): string }
  readonly DuckDBInstance: {
    create(path: string, options: Record<string, string>): Promise<{ connect(): Promise<DuckConnection> }>
  }
}
interface DuckConnection {
  runAndReadAll(sql: string): Promise<{ getRowsJS(): unknown[][] }>
}

async function open(engine: Engine, packages: string, data: string): Promise<Run> {
  const load = createRequire(join(packages, 'package.json'))
  if (engine === 'clickhouse') {
    const session = new (load('chdb') as Packages).Session(data)
    return async (sql) => {
      const text = session.query(sql, 'TabSeparated')
      return () => text.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]))
    }
  }
  const { DuckDBInstance } = load('@duckdb/node-api') as Packages
  const instance = await DuckDBInstance.create(join(data, 'events.duckdb'), { threads: '1' })
  const connection = await instance.connect()
  return async (sql) => {
    const reader = await connection.runAndReadAll(sql)
    return () => reader.getRowsJS().map((row) => row.map(String))
  }
}

async function reply(run: Run, sql: string): Promise<PeerReply> {
  const cpu = process.cpuUsage()
  const begin = performance.now()
  try {
    const rows = await run(sql)
    const ms = performance.now() - begin
    const { user, system } = process.cpuUsage(cpu)
    return { ms, cpuMs: (user + system) / 1000, rows: rows() }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  const [engine, packages, data] = process.argv.slice(2)
  const opening = open(engine as Engine, packages, data)
  // Reported as the answer to the first statement.
  opening.catch(() => undefined)
  process.on('message', async ({ sql }: PeerRequest) => {
    let answer: PeerReply
    try {
      answer = await reply(await opening, sql)
    } catch (error) {
      answer = { error: `${engine} did not start: ${error instanceof Error ? error.message : String(error)}` }
    }
    process.send!(answer)
  })
  // The parent closes the channel when it is done: nothing has to be saved.
  process.on('disconnect', () => process.exit(0))
}
