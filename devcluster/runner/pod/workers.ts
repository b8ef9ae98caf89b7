/**
 * The pods of this runner's nodes: a worker for each, from its binding or from the record of an earlier life, to its end.
 *
 * A pod is its UID: another pod of the same name is another worker, while the first may still be ending. Records without a pod are of pods that were
 * deleted while no runner ran: their processes are ended.
 */
import { join } from 'node:path'
import type { KubeObject } from '../../../operator/kube/object.ts'
import type { ClusterView } from '../cluster-view.ts'
import { podsFolder, readRecords } from '../data-folder.ts'
import type { Addresses } from '../network/addresses.ts'
import type { Pod } from '../objects.ts'
import { mentioned } from '../volumes/content.ts'
import type { WorkerContext } from './context.ts'
import { type PodRecord, runsOf } from './record.ts'
import { PodWorker } from './worker.ts'

export interface WorkersOptions {
  readonly context: WorkerContext
  readonly view: ClusterView
  readonly addresses: Addresses
  readonly data: string
  readonly isMine: (node: string) => boolean
}

const orphanGraceMs = 1_000

export class Workers {
  readonly #options: WorkersOptions
  readonly #workers = new Map<string, PodWorker>()
  #taken: ReadonlySet<string> = new Set()
  #adopted = false

  constructor(options: WorkersOptions) {
    this.#options = options
  }

  /** Takes over what an earlier runner left, and ends what nobody knows. Needs a view that is synced. */
  async adopt(): Promise<void> {
    const { context, view, data, addresses } = this.#options
    const records = await readRecords(data, context.folders)
    this.#taken = new Set(records.map(({ ip }) => ip))
    const orphans: Promise<void>[] = []
    for (const record of records) {
      const pod = view.pods.get(`${record.namespace}/${record.name}`)
      if (pod?.metadata.uid !== record.uid) orphans.push(this.#endOrphan(record))
      else if (addresses.isOwn(record.ip)) await this.#begin(pod, record)
      else {
        // Another runner has the network now: the pod begins anew at another address.
        await this.#kill(record)
        await this.#begin(pod, { ...record, ip: this.#newAddress() })
      }
    }
    await Promise.all(orphans)
    const marks = [...this.#workers.values()].flatMap((worker) => worker.marks())
    context.processes.sweep(`${context.mark}/`, new Set(marks))
    this.#adopted = true
    for (const pod of view.pods.all()) this.changed(pod)
  }

  /** A pod was added, changed or deleted: `pod` is how it was seen last. */
  changed(pod: Pod): void {
    const { view, isMine } = this.#options
    const { namespace, name } = pod.metadata
    for (const worker of this.#workers.values())
      if (worker.record.namespace === namespace && worker.record.name === name) worker.poke()
    const current = view.pods.get(`${namespace}/${name}`)
    // Until records are read, a new worker might be the second of its pod.
    if (!this.#adopted || current === undefined || this.#workers.has(current.metadata.uid!)) return
    if (current.spec.nodeName && isMine(current.spec.nodeName)) void this.#begin(current, this.#newRecord(current))
  }

  /** A ConfigMap, Secret or claim was added, changed or deleted. */
  named(kind: 'configmap' | 'secret' | 'claim', { metadata }: KubeObject): void {
    for (const worker of this.#workers.values()) {
      if (worker.record.namespace !== metadata.namespace) continue
      if (kind === 'claim' || mentioned(worker.pod).has(`${kind}/${metadata.name}`)) worker.poke()
    }
  }

  pokeAll(): void {
    for (const worker of this.#workers.values()) worker.poke()
  }

  forget(uid: string): void {
    this.#workers.delete(uid)
  }

  find(namespace: string, name: string): PodWorker | undefined {
    return [...this.#workers.values()].findLast(({ record }) => record.namespace === namespace && record.name === name)
  }

  all(): readonly PodWorker[] {
    return [...this.#workers.values()]
  }

  async #begin(pod: Pod, record: PodRecord): Promise<void> {
    const { context, data } = this.#options
    const worker = new PodWorker(context, pod, record)
    this.#workers.set(record.uid, worker)
    await context.folders.make(join(podsFolder(data), record.uid))
    worker.adopt()
  }

  #newRecord(pod: Pod): PodRecord {
    const { name, namespace, uid } = pod.metadata
    const startTime = this.#options.context.clock.now()
    const node = pod.spec.nodeName!
    return { uid: uid!, namespace: namespace!, name, node, ip: this.#newAddress(), startTime, containers: {} }
  }

  #newAddress(): string {
    const taken = new Set(this.#taken)
    for (const { record } of this.#workers.values()) taken.add(record.ip)
    return this.#options.addresses.pod(taken)
  }

  async #endOrphan(record: PodRecord): Promise<void> {
    const { processes, clock, folders, logger } = this.#options.context
    logger.info('ending a pod that is gone', { pod: `${record.namespace}/${record.name}` })
    const runs = runsOf(record)
    for (const { process } of runs) processes.signal(process, 'SIGTERM')
    const all = Promise.all(runs.map(({ process, folder }) => processes.ended(process, folder)))
    const ended = await Promise.race([all.then(() => true), clock.sleep(orphanGraceMs).then(() => false)])
    if (!ended) await this.#kill(record)
    await folders.remove(join(podsFolder(this.#options.data), record.uid))
  }

  async #kill(record: PodRecord): Promise<void> {
    const { processes } = this.#options.context
    const runs = runsOf(record)
    for (const { process } of runs) processes.signal(process, 'SIGKILL')
    await Promise.all(runs.map(({ process, folder }) => processes.ended(process, folder)))
  }
}
