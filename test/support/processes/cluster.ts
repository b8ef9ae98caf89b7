/**
 * A whole event cluster as processes: one log, one ingest, one query, so many replicas of so many shards, all
 * on free ports, in a folder of its own.
 *
 * Processes may be killed and started again under the same name and address.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../../dataplane/main/tcp-ports.ts'
import { formatRoutingMap, type RoutingMap } from '../../../dataplane/routing/map.ts'
import { plainText } from '../../../dataplane/rpc/credentials.ts'
import { connectLog, type RemoteLog } from '../../../dataplane/rpc/remote-log.ts'
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { type RoleProcess, startRole } from './process.ts'

export const ingestToken = 'ingest-token-of-p1'
export const queryToken = 'query-token-of-p1'

export interface ClusterOptions {
  readonly shards: number
  readonly replicas: number
  readonly partitions: number
  /** Flags of every replica beside those that the cluster sets. */
  readonly replicaFlags?: Readonly<Record<string, string | number>>
  readonly queryFlags?: Readonly<Record<string, string | number>>
  readonly projects?: readonly object[]
}

type Flags = Readonly<Record<string, string | number>>

/** Names: `log`, `ingest`, `query`, and `s0-a`, `s0-b`, `s1-a`, … */
export class Cluster {
  readonly folder: string
  readonly map: RoutingMap
  readonly #roles = new Map<string, { readonly role: string; readonly flags: Flags }>()
  readonly #running = new Map<string, RoleProcess>()
  #log: RemoteLog | undefined

  private constructor(folder: string, map: RoutingMap) {
    this.folder = folder
    this.map = map
  }

  /** Everything started and ready. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), 'anabranch-cluster-'))
    const ports = await freePorts(1 + options.shards * options.replicas)
    const map = mapOf(options, ports.slice(1))
    const cluster = new Cluster(folder, map)
    const [routingMap, accessTable] = [join(folder, 'routing.json'), join(folder, 'access.json')]
    await writeFile(routingMap, formatRoutingMap(map))
    await writeFile(accessTable, JSON.stringify({ version: 1, projects: options.projects ?? [projectP1] }))
    const log = `127.0.0.1:${ports[0]}`
    const { partitions } = options
    const define = (name: string, role: string, flags: Flags) => cluster.#roles.set(name, { role, flags })
    define('log', 'log', { 'log-folder': join(folder, 'log'), 'grpc-port': ports[0]!, partitions })
    for (const shard of map.shards) {
      for (const { name, address } of shard.replicas) {
        const own = { shard: shard.id, name, 'grpc-port': address.split(':')[1]! }
        const paths = { 'routing-map': routingMap, 'store-folder': join(folder, 'store') }
        define(name, 'replica', { ...own, ...paths, log, ...options.replicaFlags })
      }
    }
    const free = { 'http-port': 0, 'grpc-port': 0, 'access-table': accessTable }
    define('ingest', 'ingest', { ...free, log })
    define('query', 'query', { ...free, 'routing-map': routingMap, ...options.queryFlags })
    await cluster.run('log')
    await Promise.all([...cluster.#roles.keys()].filter((name) => name !== 'log').map((name) => cluster.run(name)))
    return cluster
  }

  /** Starts a process, or starts it again, and waits until it is ready. */
  async run(name: string): Promise<RoleProcess> {
    const { role, flags } = this.#roles.get(name)!
    const running = await startRole(role, flags)
    this.#running.set(name, running)
    return running
  }

  process(name: string): RoleProcess {
    return this.#running.get(name)!
  }

  /** The log, read from outside of all roles. */
  async log(): Promise<RemoteLog> {
    const logger = { info: () => {}, warn: () => {}, error: () => {} }
    const address = this.process('log').endpoints.grpc!
    this.#log ??= await connectLog({ address, credentials: plainText, clock: realClock, logger, appendTimeoutMs: 5000 })
    return this.#log
  }

  /** The end of the log as an answer's `minimum`: everything acknowledged so far. */
  async end(): Promise<{ generation: number; next: Record<string, number> }> {
    const log = await this.log()
    const ends = Array.from({ length: this.map.partitions }, async (_, partition) => [
      String(partition),
      await log.end(partition),
    ])
    return { generation: 1, next: Object.fromEntries(await Promise.all(ends)) }
  }

  async import(events: readonly object[]): Promise<Response> {
    return fetch(`http://${this.process('ingest').endpoints.http}/import?strict=1`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${ingestToken}:`)}`, 'content-type': 'application/json' },
      body: JSON.stringify(events),
    })
  }

  async query(document: object, token = queryToken, signal?: AbortSignal): Promise<Response> {
    return fetch(`http://${this.process('query').endpoints.http}/v1/query`, {
      method: 'POST',
      ...(signal && { signal }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(document),
    })
  }

  /** Ends nothing but the folder; `stopAll` ends the processes. */
  async remove(): Promise<void> {
    await this.#log?.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

const projectP1 = {
  id: 'p1',
  tokens: [
    { name: 'ingest', access: 'Ingest', token: ingestToken },
    { name: 'query', access: 'Query', token: queryToken },
  ],
}

function mapOf({ shards, replicas, partitions }: ClusterOptions, ports: readonly number[]): RoutingMap {
  const size = 2 ** 32 / shards
  const lines = Array.from({ length: shards }, (_, shard) => {
    const all = Array.from({ length: replicas }, (_, replica) => ({
      name: `s${shard}-${'abcdefgh'[replica]}`,
      address: `127.0.0.1:${ports[shard * replicas + replica]}`,
    }))
    return {
      id: `s${shard}`,
      start: shard * size,
      end: (shard + 1) * size,
      epoch: 1,
      primary: all[0]!.name,
      replicas: all,
    }
  })
  return { routingEpoch: 1, cluster: 'test', generation: 1, partitions, shards: lines }
}
