/**
 * A cluster of five processes on this machine: one log, one ingest, a replica for each of two shards, one query.
 *
 * Owns their folder and their end: whatever happens, no process outlives the one that started it. What was stored is
 * found again by the next start, whose ports may be others.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, host, isFree } from '../../dataplane/main/tcp-ports.ts'
import { formatRoutingMap } from '../../dataplane/routing/map.ts'
import type { Cluster, Endpoints, ProjectTokens, Step } from '../cluster.ts'
import { Fault } from '../fault.ts'
import { claimFolder } from './claim.ts'
import { type RoleChild, startChild } from './role-child.ts'

export interface LocalOptions {
  readonly folder: string
  readonly ingestPort: number
  readonly queryPort: number
  /** Forget what was stored. */
  readonly fresh: boolean
}

export class LocalCluster implements Cluster {
  readonly #options: LocalOptions
  readonly #running = new Map<string, RoleChild>()
  #starting: Promise<unknown> = Promise.resolve()
  #stopped = false
  #release = () => {}

  constructor(options: LocalOptions) {
    this.#options = options
  }

  async start(projects: readonly ProjectTokens[], told: (step: Step) => void): Promise<Endpoints> {
    const { folder, ingestPort, queryPort } = this.#options
    await this.#refuseTakenPorts()
    this.#release = claimFolder(folder)
    if (this.#options.fresh) {
      for (const part of ['log', 'store']) rmSync(join(folder, part), { recursive: true, force: true })
    }
    const [log, first, second] = await freePorts(3)
    const paths = { routing: join(folder, 'routing.json'), access: join(folder, 'access.json') }
    mkdirSync(folder, { recursive: true })
    writeFileSync(paths.routing, routing([first!, second!]))
    writeFileSync(paths.access, access(projects))
    const logAddress = `${host}:${log}`
    const run = (name: string, role: string, flags: Readonly<Record<string, string | number>>) => {
      told({ name, ready: false })
      return this.#run(name, role, flags).then(() => told({ name, ready: true }))
    }
    this.#starting = run('log', 'log', { 'log-folder': join(folder, 'log'), 'grpc-port': log! }).then(() => {
      const replica = { 'routing-map': paths.routing, 'store-folder': join(folder, 'store'), log: logAddress }
      const http = { 'access-table': paths.access, 'grpc-port': 0 }
      return Promise.all([
        run('shard s0', 'replica', { ...replica, shard: 's0', name: 's0-a', 'grpc-port': first! }),
        run('shard s1', 'replica', { ...replica, shard: 's1', name: 's1-a', 'grpc-port': second! }),
        run('ingest', 'ingest', { ...http, log: logAddress, 'http-port': ingestPort }),
        run('query', 'query', { ...http, 'routing-map': paths.routing, 'http-port': queryPort }),
      ])
    })
    await this.#starting
    return { ingest: `http://${host}:${ingestPort}`, query: `http://${host}:${queryPort}` }
  }

  async ended(): Promise<string> {
    return Promise.race([...this.#running].map(([name, child]) => child.gone.then(() => `the ${name} process ended`)))
  }

  /** Readers of the log end before the log does. */
  async stop(): Promise<void> {
    this.#stopped = true
    const { log, ...others } = Object.fromEntries(this.#running)
    await Promise.all(Object.values(others).map((child) => child.end()))
    await log?.end()
    await this.#starting.catch(() => {})
    this.#release()
  }

  async #run(name: string, role: string, flags: Readonly<Record<string, string | number>>): Promise<void> {
    if (this.#stopped) throw new Fault('stopped while it started')
    const child = startChild(role, flags)
    this.#running.set(name, child)
    await child.ready()
  }

  async #refuseTakenPorts(): Promise<void> {
    const { ingestPort, queryPort } = this.#options
    for (const [flag, port] of [
      ['--ingest-port', ingestPort],
      ['--query-port', queryPort],
    ] as const) {
      if (!(await isFree(port)))
        throw new Fault(`port ${port} is in use: stop what listens there, or give another by ${flag}`)
    }
  }
}

function access(projects: readonly ProjectTokens[]): string {
  const tables = projects.map(({ id, ingestToken, queryToken }) => ({
    id,
    tokens: [
      { name: 'ingest', access: 'Ingest', token: ingestToken },
      { name: 'query', access: 'Query', token: queryToken },
    ],
  }))
  return JSON.stringify({ version: 1, projects: tables })
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
