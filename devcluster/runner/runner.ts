/**
 * The pod runner: nodes of an API server whose containers are processes of this machine.
 *
 * Wires watches to the parts: workers (one per pod), scheduler, provisioner, Services, heartbeats. Everything is level-triggered: a change
 * asks for a pass, and every ten seconds all passes are asked for. State that must outlive it is in the data folder:
 *
 * ```
 * runner.json              its id and network             services.json   addresses of Services       hosts   their names
 * pods/<uid>/record.json   processes of a pod             pods/<uid>/volumes/…    pods/<uid>/runs/<container>/<n>/{log,pid,exit}
 * volumes/<pv>/            claims
 * ```
 * Does not: anything about Anabranch. It runs whatever the table of images names.
 */
import { join } from 'node:path'
import type { Clock, Logger, Random } from '../../dataplane/core/ports.ts'
import type { KubeApi } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import { Provisioner } from './claims/provisioner.ts'
import { ClusterView } from './cluster-view.ts'
import type { CommandSettings } from './container/command.ts'
import type { ImageTable } from './container/images.ts'
import { ApiEvents } from './events.ts'
import { Addresses } from './network/addresses.ts'
import { Services } from './network/services.ts'
import { beat, deregister, type HeartbeatOptions, register } from './node/heartbeat.ts'
import type { NodeFacts, NodeSettings } from './node/node-object.ts'
import type { Pod } from './objects.ts'
import { Passes } from './passes.ts'
import type { WorkerContext } from './pod/context.ts'
import { lookups } from './pod/lookups.ts'
import { containerOf } from './pod/record.ts'
import { Workers } from './pod/workers.ts'
import type { Checks, ClaimedNetwork, FindLog, Folders, Processes, Sockets } from './ports.ts'
import { closeData, openData, podsFolder, saveIdentity } from './records.ts'
import { Scheduler } from './schedule/scheduler.ts'

export interface RunnerOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly processes: Processes
  readonly folders: Folders
  readonly checks: Checks
  readonly sockets: Sockets
  /** Claims addresses, and serves logs there. */
  readonly claimNetwork: (preferred: number, nodes: number, findLog: FindLog) => Promise<ClaimedNetwork>
  /** Data folder, absolute. */
  readonly data: string
  readonly nodes: readonly NodeSettings[]
  /** Absent: pods of all namespaces. */
  readonly namespaces?: readonly string[] | undefined
  readonly images: () => ImageTable
  readonly command: Omit<CommandSettings, 'hostsFile'>
  readonly facts: Pick<NodeFacts, 'platform' | 'architecture' | 'version' | 'kubeletPort'>
  /** Times of back-off are multiplied by it. 1 by default. */
  readonly backoffScale?: number
  readonly schedulerName?: string
  /** URL of the API server, for pods with a service account. */
  readonly server?: string | undefined
}

export interface CloseOptions {
  /** `end`: as before a machine goes down; `keep`: they run on, and the next runner of this data folder takes them over. */
  readonly processes: 'end' | 'keep'
  /** Deletes the Nodes and volumes from the API server too. */
  readonly forget?: boolean
  readonly graceMs?: number
}

/** What may have to change when an object of this kind has. */
const passesAfter: ReadonlyMap<Resource, readonly ('schedule' | 'provision' | 'serve')[]> = new Map([
  [resources.pods, ['serve', 'schedule']],
  [resources.services, ['serve']],
  [resources.persistentVolumeClaims, ['provision', 'schedule']],
  [resources.persistentVolumes, ['provision']],
  [resources.nodes, ['schedule']],
])

const everyMs = 10_000
const retryMs = 1_000
const haltGraceMs = 10_000
const logLimits = { bytesMax: 10 * 2 ** 20, filesMax: 5 }

/** Resolves when its Nodes are Ready. Throws when the data folder is in use or the machine has no addresses. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { data, folders } = options
  const identity = await openData(data, options)
  let runner: Runner | undefined
  const network = await options.claimNetwork(identity.network, options.nodes.length, (pod, container, previous) =>
    runner === undefined ? { problem: 'the runner starts' } : runner.findLog(pod, container, previous),
  )
  await saveIdentity(data, { ...identity, network: network.network }, folders)
  runner = new Runner(options, identity.id, network)
  await runner.start()
  return runner
}

export class Runner {
  readonly #options: RunnerOptions
  readonly #network: ClaimedNetwork
  readonly #closed = new AbortController()
  readonly #view: ClusterView
  readonly #services: Services
  readonly #provisioner: Provisioner
  readonly #workers: Workers
  readonly #heartbeats: readonly HeartbeatOptions[]
  readonly #passes: { readonly schedule: Passes; readonly provision: Passes; readonly serve: Passes }
  readonly #loops: Promise<unknown>[] = []
  #ready = false

  constructor(options: RunnerOptions, id: string, network: ClaimedNetwork) {
    this.#options = options
    this.#network = network
    const { api, clock, logger, folders, sockets, data } = options
    const addresses = new Addresses(network.network)
    const names = options.nodes.map(({ name }) => name)
    const events = new ApiEvents({ api, clock, logger, instance: names[0]! })
    const view = new ClusterView({
      api,
      clock,
      random: options.random,
      logger,
      namespaces: options.namespaces,
      changed: (resource, object) => this.#changed(resource, object),
    })
    const pods = () => view.pods.all()
    this.#view = view
    this.#services = new Services({
      api,
      logger,
      folders,
      sockets,
      addresses,
      root: data,
      services: () => view.services.all(),
      pods,
    })
    this.#provisioner = new Provisioner({
      api,
      logger,
      events,
      folders,
      root: join(data, 'volumes'),
      runner: id,
      claims: () => view.claims.all(),
      volumes: () => view.volumes.all(),
    })
    const scheduler = new Scheduler({
      api,
      clock,
      logger,
      events,
      schedulerName: options.schedulerName ?? 'default-scheduler',
      pods,
      nodes: () => view.nodes.all().filter(({ metadata }) => names.includes(metadata.name)),
      claim: (namespace, name) => view.claims.get(`${namespace}/${name}`),
    })
    const hostIp = (node: string) => addresses.node(Math.max(0, names.indexOf(node)))
    const context: WorkerContext = {
      ...lookups({
        view,
        services: this.#services,
        images: options.images,
        settings: { ...options.command, server: options.server },
        hostIp,
      }),
      api,
      clock,
      logger,
      events,
      processes: options.processes,
      folders,
      checks: options.checks,
      server: options.server,
      mark: id,
      backoffScale: options.backoffScale ?? 1,
      retryMs,
      look: (namespace, name) => view.pods.get(`${namespace}/${name}`),
      podFolder: (uid) => join(podsFolder(data), uid),
      finished: (worker) => this.#workers.forget(worker),
    }
    this.#workers = new Workers({ context, view, addresses, data, isMine: (node) => names.includes(node) })
    this.#passes = {
      schedule: new Passes('scheduling', logger, () => scheduler.pass()),
      provision: new Passes('claims', logger, () => this.#provisioner.pass()),
      serve: new Passes('services', logger, () => this.#services.pass()),
    }
    this.#heartbeats = options.nodes.map((settings, index) => ({
      api,
      clock,
      logger,
      settings,
      facts: { ...options.facts, address: addresses.node(index), since: clock.now() },
    }))
  }

  async start(): Promise<void> {
    const { signal } = this.#closed
    await this.#services.load()
    await this.#provisioner.ensureClass()
    await Promise.all(this.#heartbeats.map((heartbeat) => register(heartbeat)))
    this.#loops.push(this.#view.run(signal))
    await this.#view.synced()
    await this.#services.pass()
    await this.#workers.adopt()
    this.#ready = true
    this.resync()
    for (const heartbeat of this.#heartbeats) this.#loops.push(beat(heartbeat, signal).catch(() => undefined))
    this.#loops.push(this.#everyTenSeconds().catch(() => undefined))
  }

  /** Where a Service is answered on this machine; `undefined` while it is not known, or headless. */
  addressOf(namespace: string, service: string): string | undefined {
    return this.#services.addressOf(namespace, service)
  }

  get hostsFile(): string {
    return this.#services.hostsFile
  }

  /** Pods that it looks after, also those that are ending. */
  get podsCount(): number {
    return this.#workers.all().length
  }

  /** The main process of a container that runs. */
  pidOf(namespace: string, pod: string, container: string): number | undefined {
    const record = this.#workers.find(namespace, pod)?.record
    return record && containerOf(record, container).run?.process.main
  }

  /** Folder of the first volume of a pod that is the pod's own. */
  volumeFolder(namespace: string, pod: string): string | undefined {
    const worker = this.#workers.find(namespace, pod)
    const [volume] = worker?.pod.spec.volumes ?? []
    return worker && volume && join(podsFolder(this.#options.data), worker.record.uid, 'volumes', volume.name)
  }

  findLog: FindLog = ({ namespace, name }, container, previous) => {
    const worker = this.#workers.find(namespace, name)
    if (worker === undefined) return { problem: `pod "${namespace}/${name}" does not run here` }
    const { starts } = containerOf(worker.record, container)
    const start = previous ? starts - 1 : starts
    if (start < 1)
      return { problem: `${previous ? 'previous terminated ' : ''}container "${container}" in pod "${name}" not found` }
    const path = join(podsFolder(this.#options.data), worker.record.uid, 'runs', container, String(start), 'log')
    const isOpen = () => {
      const now = containerOf(worker.record, container)
      return now.starts === start && now.run !== undefined
    }
    return { path, isOpen }
  }

  async close({ processes, forget = false, graceMs = haltGraceMs }: CloseOptions): Promise<void> {
    this.#closed.abort()
    const workers = this.#workers.all()
    await Promise.all(workers.map((worker) => (processes === 'end' ? worker.halt(graceMs) : worker.close())))
    await Promise.all([...this.#loops, ...Object.values(this.#passes).map((pass) => pass.close())])
    await this.#services.close()
    if (forget) {
      await this.#provisioner.forget()
      await Promise.all(this.#heartbeats.map((heartbeat) => deregister(heartbeat)))
    }
    await this.#network.close()
    await closeData(this.#options.data, this.#options.folders)
  }

  #changed(resource: Resource, object: KubeObject): void {
    if (resource === resources.pods) this.#workers.changed(object as Pod)
    if (resource === resources.configMaps) this.#workers.named('configmap', object)
    if (resource === resources.secrets) this.#workers.named('secret', object)
    if (resource === resources.persistentVolumeClaims) this.#workers.named('claim', object)
    if (!this.#ready) return
    for (const pass of passesAfter.get(resource) ?? []) this.#passes[pass].ask()
  }

  /** Asks for every pass, as every ten seconds. */
  resync(): void {
    this.#workers.pokeAll()
    for (const pass of Object.values(this.#passes)) pass.ask()
  }

  async #everyTenSeconds(): Promise<void> {
    const { clock, folders } = this.#options
    for (;;) {
      await clock.sleep(everyMs, this.#closed.signal)
      this.resync()
      for (const { record } of this.#workers.all())
        for (const { run } of Object.values(record.containers))
          if (run !== undefined) await folders.rotate(join(run.folder, 'log'), logLimits)
    }
  }
}
