/** The roles of a small cluster in one process: a log, one replica of each of two shards, a query role. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { freePorts } from '../dataplane/main/tcp-ports.ts'
import { parseFlags } from '../dataplane/roles/flags.ts'
import { logRole } from '../dataplane/roles/log/role.ts'
import { queryRole } from '../dataplane/roles/query/role.ts'
import { replicaRole } from '../dataplane/roles/replica/role.ts'
import type { Role, RoleContext, RunningRole } from '../dataplane/roles/role.ts'
import { formatRoutingMap } from '../dataplane/routing/map.ts'
import { plainText } from '../dataplane/rpc/credentials.ts'
import { LeaderTerm } from '../dataplane/rpc/leader-term.ts'
import { WorkerBackground } from '../dataplane/runtime/background.ts'
import { realClock } from '../dataplane/runtime/clock.ts'
import { realDisk } from '../dataplane/runtime/disk.ts'
import { realRandom } from '../dataplane/runtime/random.ts'
import { SettingsHolder } from '../dataplane/settings/holder.ts'
import { FolderStore } from '../dataplane/storage/object/folder-store.ts'
import { workloadProject } from '../workload/shape.ts'

const half = 2 ** 31
export const shards = [
  { id: 's0', start: 0, end: half },
  { id: 's1', start: half, end: 2 * half },
] as const
export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

const token = 'token-of-the-benchmark'
const module = new URL('../dataplane/shard/run/tasks.ts', import.meta.url)

export class FanOutRoles {
  readonly background = new WorkerBackground({
    mergeRuns: { module, name: 'mergeRuns' },
    digestSegment: { module, name: 'digestSegment' },
  })
  log!: RunningRole
  replicas: RunningRole[] = []
  #query!: RunningRole
  readonly #folder: string
  readonly #store: FolderStore
  readonly #agent = new Agent({ keepAlive: true })

  constructor(folder: string) {
    this.#folder = folder
    this.#store = new FolderStore(realDisk('/'), join(folder, 'store'), realRandom)
  }

  async start(): Promise<void> {
    const file = (name: string, text: string) => {
      writeFileSync(join(this.#folder, name), text)
      return join(this.#folder, name)
    }
    const [log, ...ports] = await freePorts(1 + shards.length)
    const routingMap = file('routing.json', mapOf(ports))
    const tokens = [{ name: 'bench', access: 'Query', token }]
    const accessTable = file('access.json', JSON.stringify({ version: 1, projects: [{ id: workloadProject, tokens }] }))
    const at = (name: string) => join(this.#folder, name)
    this.log = await this.#run(logRole, { logFolder: at('log'), grpcPort: String(log), partitions: '2' })
    for (const [i, { id }] of shards.entries()) {
      const own = { shard: id, name: `${id}-a`, grpcPort: String(ports[i]), log: `127.0.0.1:${log}` }
      this.replicas.push(await this.#run(replicaRole, { ...own, routingMap, storeFolder: at('store') }))
    }
    const flags = { routingMap, accessTable, httpPort: '0', grpcPort: '0', queryDeadlineMs: '300000' }
    this.#query = await this.#run(queryRole, flags)
  }

  /** Ports for a shard of one's own over the same objects. */
  get ports() {
    return { store: this.#store, clock: realClock, random: realRandom, logger: silent, background: this.background }
  }

  remote({ endpoints }: RunningRole) {
    return { address: endpoints.grpc!, credentials: plainText, clock: realClock }
  }

  /** The result of a query over HTTP. Throws when it is refused. */
  async ask(document: object): Promise<unknown> {
    const [host, port] = this.#query.endpoints.http!.split(':')
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const sent = request({ host, port, path: '/v1/query', method: 'POST', agent: this.#agent, headers })
    sent.end(JSON.stringify(document))
    const [reply] = await once(sent, 'response')
    const text = Buffer.concat(await reply.toArray()).toString()
    if (reply.statusCode !== 200) throw new Error(`the query role answers ${reply.statusCode}: ${text}`)
    return (JSON.parse(text) as { result: unknown }).result
  }

  async stop(): Promise<void> {
    this.#agent.destroy()
    for (const role of [this.#query, ...this.replicas, this.log]) await role?.drain()
    await this.background.close()
    await this.#store.close()
  }

  #run<Schema extends Role['flags']>(
    role: Role<Schema>,
    flags: Readonly<Record<string, string>>,
  ): Promise<RunningRole> {
    const argv = Object.entries(flags).flatMap(([key, value]) => [
      `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      value,
    ])
    const context: RoleContext = {
      ...{ clock: realClock, random: realRandom, disk: realDisk('/'), logger: silent, background: this.background },
      metrics: new Registry(),
      version: 'bench',
      instance: '',
      leaderTerm: new LeaderTerm(),
      settings: new SettingsHolder(),
    }
    return role.start(context, { ...parseFlags(role.flags, argv, {}), host: '127.0.0.1' })
  }
}

function mapOf(ports: readonly number[]): string {
  return formatRoutingMap({
    routingEpoch: 1,
    cluster: 'bench',
    generation: 1,
    partitions: 2,
    shards: shards.map((shard, i) => ({
      ...shard,
      epoch: 1,
      primary: `${shard.id}-a`,
      replicas: [{ name: `${shard.id}-a`, address: `127.0.0.1:${ports[i]}` }],
    })),
  })
}
