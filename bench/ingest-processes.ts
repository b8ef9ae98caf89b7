/**
 * The processes of `bench -- ingest`: log, ingest, one replica of the one shard and query, each started as a pod
 * would be, on free ports of this machine.
 *
 * Owns their folder and their end, and reads CPU time, memory and counters from their `/metrics`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { followParent, mallocEnvironment, nodeOptions } from '../dataplane/main/process-options.ts'
import { freePorts } from '../dataplane/main/tcp-ports.ts'
import { formatRoutingMap } from '../dataplane/routing/map.ts'

const program = join(import.meta.dirname, '../dataplane/main/anabranch.ts')
const host = '127.0.0.1'
const startTimeoutMs = 30_000
const pollMs = 50
const saidMax = 16_384
export const partitions = 4

export const roleNames = ['log', 'ingest', 'replica', 'query'] as const
export type RoleName = (typeof roleNames)[number]

/** What a process has used so far. */
export interface Usage {
  readonly cpuMs: number
  readonly rssBytes: number
}

interface Running {
  readonly child: ChildProcess
  /** `grpc`, `http`, `probes`: host and port. */
  readonly endpoints: Readonly<Record<string, string>>
  /** The last lines that it logged. */
  said(): string
}

export interface IngestProcessesOptions {
  readonly folder: string
  /** Project ids; the token of each, for sending and asking, is `token-of-<id>`. */
  readonly projects: readonly string[]
}

export class IngestProcesses {
  readonly #running = new Map<RoleName, Running>()

  /** Starts all and waits until each is ready. Throws with what the process said when one is not. */
  async start({ folder, projects }: IngestProcessesOptions): Promise<void> {
    mkdirSync(folder, { recursive: true })
    const [log, replica] = await freePorts(2)
    const [routingMap, accessTable] = [join(folder, 'routing.json'), join(folder, 'access.json')]
    writeFileSync(routingMap, routing(replica!))
    writeFileSync(accessTable, JSON.stringify({ version: 1, projects: projects.map(access) }))
    await this.#run('log', { 'log-folder': join(folder, 'log'), 'grpc-port': log!, partitions })
    const store = { 'routing-map': routingMap, 'store-folder': join(folder, 'store'), log: `${host}:${log}` }
    const free = { 'http-port': 0, 'grpc-port': 0, 'access-table': accessTable }
    await Promise.all([
      this.#run('replica', { ...store, shard: 's0', name: 's0-a', 'grpc-port': replica! }),
      this.#run('ingest', { ...free, log: `${host}:${log}` }),
      this.#run('query', { ...free, 'routing-map': routingMap }),
    ])
  }

  endpoint(role: RoleName, kind: 'grpc' | 'http' | 'probes'): string {
    return this.#running.get(role)!.endpoints[kind]!
  }

  async usage(role: RoleName): Promise<Usage> {
    const values = await this.metrics(role)
    return {
      cpuMs: 1000 * values.get('process_cpu_seconds_total')!,
      rssBytes: values.get('process_resident_memory_bytes')!,
    }
  }

  /** Values without labels. */
  async metrics(role: RoleName): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`http://${this.endpoint(role, 'probes')}/metrics`)).text()
    const pairs = text.split('\n').map((line) => line.split(' ') as [string, string])
    return new Map(pairs.filter(([name]) => /^\w+$/.test(name)).map(([name, value]) => [name, Number(value)]))
  }

  /** What is known of processes when something failed: those that ended, and what all of them said last. */
  explain(): string {
    const lines = [...this.#running].map(([role, { child, said }]) => {
      const end = child.signalCode ?? child.exitCode
      return `${role} ${end === null ? 'runs' : `ended with ${end}`}; it said:\n${said().split('\n').slice(-4).join('\n')}`
    })
    return lines.join('\n')
  }

  /** Asks all to finish, readers of the log before it; ends what does not in time. */
  async stop(): Promise<void> {
    const log = this.#running.get('log')
    await Promise.all([...this.#running.values()].filter((one) => one !== log).map(end))
    if (log !== undefined) await end(log)
  }

  async #run(role: RoleName, flags: Readonly<Record<string, string | number>>): Promise<void> {
    const argv = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)])
    const child = spawn(process.execPath, [...nodeOptions, ...followParent, program, role, ...argv], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...mallocEnvironment },
    })
    let said = ''
    const running = { child, endpoints: {}, said: () => said }
    this.#running.set(role, running)
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-saidMax)
    })
    const deadline = performance.now() + startTimeoutMs
    for (;;) {
      const endpoints = endpointsIn(said)
      if (endpoints !== undefined && (await isReady(endpoints.probes!))) {
        this.#running.set(role, { ...running, endpoints })
        return
      }
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
        throw new Error(`the ${role} process did not become ready; it said:\n${said || '(nothing)'}`)
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }
}

function access(id: string): object {
  const token = tokenOf(id)
  const tokens = [
    { name: 'send', access: 'Ingest', token: `${token}-send` },
    { name: 'ask', access: 'Query', token: `${token}-ask` },
  ]
  return { id, tokens }
}

/** With `-send` or `-ask` behind it. */
export function tokenOf(project: string): string {
  return `token-of-${project}`
}

function routing(port: number): string {
  const shard = { id: 's0', start: 0, end: 2 ** 32, epoch: 1, primary: 's0-a' }
  const shards = [{ ...shard, replicas: [{ name: 's0-a', address: `${host}:${port}` }] }]
  return formatRoutingMap({ routingEpoch: 1, cluster: 'bench', generation: 1, partitions, shards })
}

function endpointsIn(said: string): Record<string, string> | undefined {
  const line = said.split('\n').find((one) => one.includes('"msg":"serving"') && one.endsWith('}'))
  return line === undefined ? undefined : (JSON.parse(line) as Record<string, string>)
}

async function isReady(probes: string): Promise<boolean> {
  const answer = await fetch(`http://${probes}/readyz`).catch(() => undefined)
  return answer?.status === 200
}

async function end({ child }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs)
  await gone
  clearTimeout(late)
}
