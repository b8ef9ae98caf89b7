/**
 * The operator as a whole, over its ports: informers that run always, controllers that run while this process leads.
 *
 * A standby keeps its stores full, so that a takeover is a reconcile and no list. Does not: open sockets or read
 * the machine; `operator/main/` does.
 */
import type { Clock, Logger, Random } from '../../dataplane/core/ports.ts'
import type { DataPlane } from '../admin/port.ts'
import type { KubeApi } from '../kube/api.ts'
import { Controller } from '../kube/controller.ts'
import { Recorder } from '../kube/events/recorder.ts'
import { Informers } from '../kube/informer.ts'
import type { Leadership } from '../kube/lease/leadership.ts'
import type { RuntimeMetrics } from '../kube/metrics.ts'
import { keyOfText } from '../kube/object.ts'
import { lowPriority, WorkQueue } from '../kube/queue/queue.ts'
import { FencedApi } from '../kube/write/fence.ts'
import { WriteGate } from '../kube/write/gate.ts'
import { Writes } from '../kube/write/writes.ts'
import { reconciledKinds } from './kinds.ts'
import { CachedReader } from './reader.ts'
import { type Reconciler, reconcile } from './reconcile.ts'
import { type Queues, wakeAll, watchAll } from './watches.ts'

export interface OperatorOptions {
  readonly api: KubeApi
  readonly plane: DataPlane
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: RuntimeMetrics
  /** Told of the highest leader term that a pod has obeyed, whenever one answers. */
  readonly sawTerm: (term: number) => void
  /** Told of each act that a veto holds back. */
  readonly vetoed: (act: string, veto: string) => void
  readonly operator: Reconciler['operator']
  /** Name of this process, for Events. */
  readonly instance: string
  /** Only this namespace; all when absent. */
  readonly namespace?: string
}

export const manager = 'anabranch-operator'
const workers = 4
/** One reconcile asks pods and writes a dozen objects; longer than this it is stuck. */
const timeoutMs = 120_000
/** Everything is looked at so often although nothing was seen to change: pods say things that no watch tells. */
const resyncMs = 30_000

export class Operator {
  readonly informers: Informers
  readonly #options: OperatorOptions
  readonly #queues: Queues
  readonly #names = ['clusters', 'shards', 'projects', 'policies'] as const

  constructor(options: OperatorOptions) {
    this.#options = options
    const { api, clock, random, logger, metrics, namespace } = options
    this.informers = new Informers({ api, clock, random, logger, observe: metrics.reflector })
    watchAll(this.informers, { manager, ...(namespace !== undefined && { namespace }) })
    const queue = (name: string) => new WorkQueue(clock, metrics.queue(name))
    this.#queues = {
      clusters: queue('clusters'),
      shards: queue('shards'),
      projects: queue('projects'),
      policies: queue('policies'),
    }
    wakeAll(this.informers, this.#queues)
  }

  /** Keeps the stores; resolves when `signal` aborts. */
  follow(signal: AbortSignal): Promise<void> {
    return this.informers.run(signal)
  }

  /** Reconciles until the leadership or `signal` ends. */
  async lead(leadership: Leadership, signal: AbortSignal): Promise<void> {
    await this.informers.synced()
    const over = AbortSignal.any([signal, leadership.signal])
    const world = this.#reconciler(leadership)
    const { clock, logger, metrics } = this.#options
    const running = reconciledKinds.map((kind, index) => {
      const name = this.#names[index]!
      const queue = this.#queues[name]
      // Another leader may have worked on what this one has seen go by.
      for (const object of this.informers.storeOf(kind.resource)?.values() ?? []) {
        queue.add(`${object.metadata.namespace}/${object.metadata.name}`, { priority: lowPriority })
      }
      const controller = new Controller({
        ...{ name, queue, workers, timeoutMs, clock, logger, metrics: metrics.controller(name) },
        async reconcile(key) {
          const { requeueAfterMs, isGone } = await reconcile(world, kind, keyOfText(key))
          return isGone ? {} : { requeueAfterMs: requeueAfterMs ?? resyncMs }
        },
      })
      return controller.run(over)
    })
    await Promise.all(running)
  }

  /** Pods remember the terms of leaders longer than a Lease does, which people may delete. */
  #watchedPlane(): DataPlane {
    const { plane, sawTerm } = this.#options
    return {
      push: (push, leaderTerm) => plane.push(push, leaderTerm),
      async status(pod) {
        const said = await plane.status(pod)
        if (said !== undefined) sawTerm(said.leaderTerm)
        return said
      },
    }
  }

  #reconciler(leadership: Leadership): Reconciler {
    const { clock, random, logger, metrics, operator, instance, vetoed } = this.#options
    const plane = this.#watchedPlane()
    const api = new FencedApi(this.#options.api, leadership.check)
    const gate = new WriteGate(this.informers.storeOf)
    const recorder = new Recorder({
      ...{ api, clock, random, logger, observe: metrics.event },
      reporter: { controller: 'anabranch.dev/operator', instance },
    })
    return {
      ...{ api, gate, plane, clock, random, logger, operator, manager, vetoed },
      writes: new Writes({ api, manager, gate, observe: metrics.write }),
      reader: new CachedReader(this.informers.storeOf, api),
      leaderTerm() {
        leadership.check()
        return leadership.term
      },
      record: (regarding, { type, reason, message }) =>
        recorder.record({ regarding, type, reason, action: 'Reconcile', note: message }),
    }
  }
}
