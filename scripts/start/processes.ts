/**
 * The processes of `npm start`: one log, one ingest, a replica for each of two shards, one query, on this machine.
 *
 * Owns their folder and their end: whatever happens, no process outlives the one that started it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { mallocEnvironment, nodeOptions } from '../../dataplane/main/process-options.ts'
import { formatRoutingMap } from '../../dataplane/routing/map.ts'
import { followParent } from '../node24.mjs'

const program = join(import.meta.dirname, '../../dataplane/main/anabranch.ts')
const host = '127.0.0.1'
const startTimeoutMs = 30_000
const pollMs = 50

export interface StartOptions {
  readonly folder: string
  readonly ingestPort: number
  readonly queryPort: number
  readonly project: string
  readonly ingestToken: string
  readonly queryToken: string
}

export class Processes {
  readonly #running = new Map<string, ChildProcess>()
  #log = ''

  /** Starts all and waits until each is ready. Throws with what the process said when one is not. */
  async start(options: StartOptions): Promise<void> {
    for (const [flag, port] of [
      ['--ingest-port', options.ingestPort],
      ['--query-port', options.queryPort],
    ] as const) {
      if (!(await isFree(port)))
        throw new Error(`port ${port} is in use: stop what listens there, or give another by ${flag}`)
    }
    const { folder, project, ingestToken, queryToken } = options
    mkdirSync(folder, { recursive: true })
    const [log, first, second] = await freePorts(3)
    const [routingMap, accessTable] = [join(folder, 'routing.json'), join(folder, 'access.json')]
    writeFileSync(routingMap, routing([first!, second!]))
    const tokens = [
      { name: 'ingest', access: 'Ingest', token: ingestToken },
      { name: 'query', access: 'Query', token: queryToken },
    ]
    writeFileSync(accessTable, JSON.stringify({ version: 1, projects: [{ id: project, tokens }] }))
    await this.#run('log', { 'log-folder': join(folder, 'log'), 'grpc-port': log! })
    const store = { 'routing-map': routingMap, 'store-folder': join(folder, 'store'), log: `${host}:${log}` }
    await Promise.all([
      this.#run('replica', { ...store, shard: 's0', name: 's0-a', 'grpc-port': first! }),
      this.#run('replica', { ...store, shard: 's1', name: 's1-a', 'grpc-port': second! }, 'replica 2'),
      this.#run('ingest', {
        log: `${host}:${log}`,
        'access-table': accessTable,
        'http-port': options.ingestPort,
        'grpc-port': 0,
      }),
      this.#run('query', {
        'routing-map': routingMap,
        'access-table': accessTable,
        'http-port': options.queryPort,
        'grpc-port': 0,
      }),
    ])
  }

  /** Resolves with the name of the first process that ends by itself. */
  async ended(): Promise<string> {
    return Promise.race([...this.#running].map(([name, child]) => once(child, 'exit').then(() => name)))
  }

  /** Asks all to finish (SIGTERM), readers of the log before it; ends what does not within its bound. */
  async stop(): Promise<void> {
    const { log, ...others } = Object.fromEntries(this.#running)
    await Promise.all(Object.values(others).map(end))
    if (log !== undefined) await end(log)
  }

  /** What the processes logged, for when something fails. */
  get log(): string {
    return this.#log
  }

  async #run(role: string, flags: Readonly<Record<string, string | number>>, name = role): Promise<void> {
    const argv = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)])
    const child = spawn(process.execPath, [...nodeOptions, followParent, program, role, ...argv], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...mallocEnvironment },
    })
    this.#running.set(name, child)
    let said = ''
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
      this.#log += chunk
    })
    const deadline = performance.now() + startTimeoutMs
    while (!(await isReady(said))) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
        throw new Error(`the ${role} process did not become ready; it said:\n${said || '(nothing)'}`)
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }
}

async function isReady(said: string): Promise<boolean> {
  const line = said.split('\n').find((one) => one.includes('"msg":"serving"'))
  if (line === undefined) return false
  const { probes } = JSON.parse(line) as { probes: string }
  const answer = await fetch(`http://${probes}/readyz`).catch(() => undefined)
  return answer?.status === 200
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs)
  await gone
  clearTimeout(late)
}

function routing(ports: readonly number[]): string {
  const half = 2 ** 31
  const shards = ports.map((port, index) => {
    const name = `s${index}-a`
    const range = { start: index * half, end: (index + 1) * half }
    return { id: `s${index}`, ...range, epoch: 1, primary: name, replicas: [{ name, address: `${host}:${port}` }] }
  })
  return formatRoutingMap({ routingEpoch: 1, cluster: 'local', generation: 1, partitions: 64, shards })
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, host, () => resolve(true))
  })
  await new Promise((resolve) => server.close(resolve))
  return free
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, host)
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
