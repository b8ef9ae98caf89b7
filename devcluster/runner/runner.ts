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
import type { KubeObject } from '../../operator/kube/object.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import { assemble, type Parts } from './assemble.ts'
import { closeData, type Identity, openData, podsFolder, saveIdentity } from './data-folder.ts'
import { beat, deregister, register } from './node/heartbeat.ts'
import type { Pod } from './objects.ts'
import type { RunnerOptions } from './options.ts'
import { Passes } from './passes.ts'
import { containerOf, runsOf } from './pod/record.ts'
import type { ClaimedNetwork, FindLog } from './ports.ts'

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
  const claimed = { ...identity, network: network.network }
  await saveIdentity(data, claimed, folders)
  runner = new Runner(options, claimed, network)
  await runner.start()
  return runner
}

export class Runner {
  readonly #options: RunnerOptions
  readonly #network: ClaimedNetwork
  readonly #closed = new AbortController()
  readonly #parts: Parts
  readonly #passes: { readonly schedule: Passes; readonly provision: Passes; readonly serve: Passes }
  readonly #loops: Promise<unknown>[] = []
  #ready = false

  constructor(options: RunnerOptions, identity: Identity, network: ClaimedNetwork) {
    this.#options = options
    this.#network = network
    this.#parts = assemble(options, identity, (resource, object) => this.#changed(resource, object))
    const { scheduler, provisioner, services } = this.#parts
    const { logger } = options
    this.#passes = {
      schedule: new Passes('scheduling', logger, () => scheduler.pass()),
      provision: new Passes('claims', logger, () => provisioner.pass()),
      serve: new Passes('services', logger, () => services.pass()),
    }
  }

  async start(): Promise<void> {
    const { signal } = this.#closed
    await this.#parts.services.load()
    await this.#parts.provisioner.ensureClass()
    await Promise.all(this.#parts.heartbeats.map((heartbeat) => register(heartbeat)))
    this.#loops.push(this.#parts.view.run(signal))
    await this.#parts.view.synced()
    await this.#parts.services.pass()
    await this.#parts.workers.adopt()
    this.#ready = true
    this.resync()
    for (const heartbeat of this.#parts.heartbeats) this.#loops.push(beat(heartbeat, signal).catch(() => undefined))
    this.#loops.push(this.#everyTenSeconds().catch(() => undefined))
  }

  /** Where a Service is answered on this machine; `undefined` while it is not known, or headless. */
  addressOf(namespace: string, service: string): string | undefined {
    return this.#parts.services.addressOf(namespace, service)
  }

  get hostsFile(): string {
    return this.#parts.services.hostsFile
  }

  /** Pods that it looks after, also those that are ending. */
  get podsCount(): number {
    return this.#parts.workers.all().length
  }

  /** The main process of a container that runs. */
  pidOf(namespace: string, pod: string, container: string): number | undefined {
    const record = this.#parts.workers.find(namespace, pod)?.record
    return record && containerOf(record, container).run?.process.main
  }

  /** Folder of the first volume of a pod that is the pod's own. */
  volumeFolder(namespace: string, pod: string): string | undefined {
    const worker = this.#parts.workers.find(namespace, pod)
    const [volume] = worker?.pod.spec.volumes ?? []
    return worker && volume && join(podsFolder(this.#options.data), worker.record.uid, 'volumes', volume.name)
  }

  findLog: FindLog = ({ namespace, name }, container, previous) => {
    const worker = this.#parts.workers.find(namespace, name)
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
    const workers = this.#parts.workers.all()
    await Promise.all(workers.map((worker) => (processes === 'end' ? worker.halt(graceMs) : worker.close())))
    await Promise.all([...this.#loops, ...Object.values(this.#passes).map((pass) => pass.close())])
    await this.#parts.services.close()
    if (forget) {
      await this.#parts.provisioner.forget()
      await Promise.all(this.#parts.heartbeats.map((heartbeat) => deregister(heartbeat)))
    }
    await this.#network.close()
    await closeData(this.#options.data, this.#options.folders)
  }

  #changed(resource: Resource, object: KubeObject): void {
    if (resource === resources.pods) this.#parts.workers.changed(object as Pod)
    if (resource === resources.configMaps) this.#parts.workers.named('configmap', object)
    if (resource === resources.secrets) this.#parts.workers.named('secret', object)
    if (resource === resources.persistentVolumeClaims) this.#parts.workers.named('claim', object)
    if (!this.#ready) return
    for (const pass of passesAfter.get(resource) ?? []) this.#passes[pass].ask()
  }

  /** Asks for every pass, as every ten seconds. */
  resync(): void {
    this.#parts.workers.pokeAll()
    for (const pass of Object.values(this.#passes)) pass.ask()
  }

  async #everyTenSeconds(): Promise<void> {
    const { clock, folders } = this.#options
    for (;;) {
      await clock.sleep(everyMs, this.#closed.signal)
      this.resync()
      for (const { record } of this.#parts.workers.all())
        for (const { folder } of runsOf(record)) await folders.rotate(join(folder, 'log'), logLimits)
    }
  }
}
