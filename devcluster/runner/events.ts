/**
 * Events of pods and claims, so that `kubectl describe` tells what happened. The same words about the same object are written once in ten minutes.
 */
import type { Clock, Logger } from '../../dataplane/core/ports.ts'
import type { KubeApi } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'
import { microTime } from '../../operator/kube/time.ts'

const quietMs = 600_000
const keptMax = 1_000
const noteMax = 1_024

export interface EventRecorder {
  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, note: string): void
}

export class ApiEvents implements EventRecorder {
  readonly #api: KubeApi
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #instance: string
  readonly #told = new Map<string, number>()
  #serial = 0

  constructor(options: { api: KubeApi; clock: Clock; logger: Logger; instance: string }) {
    this.#api = options.api
    this.#clock = options.clock
    this.#logger = options.logger
    this.#instance = options.instance
  }

  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, note: string): void {
    const { name, namespace, uid } = object.metadata
    const now = this.#clock.now()
    const words = `${uid} ${reason} ${note}`
    if (now - (this.#told.get(words) ?? Number.NEGATIVE_INFINITY) < quietMs) return
    if (this.#told.size >= keptMax) this.#told.clear()
    this.#told.set(words, now)
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${now.toString(16)}${(this.#serial++).toString(16)}`,
        namespace: namespace ?? 'default',
      },
      regarding: { apiVersion: object.apiVersion, kind: object.kind, name, uid, ...(namespace ? { namespace } : {}) },
      type,
      reason,
      note: note.slice(0, noteMax),
      action: reason,
      eventTime: microTime(now),
      reportingController: 'anabranch.dev/pod-runner',
      reportingInstance: this.#instance,
    }
    this.#api.create(resources.events, event).catch((error: unknown) => {
      this.#logger.warn('event not written', { reason, object: `${namespace}/${name}`, error })
    })
  }
}
