/**
 * Binds pods that have no node to a node of this runner, or says why it can't: condition `PodScheduled` False, `Unschedulable`, and an Event.
 *
 * One pass over all waiting pods after every change, one at a time, so that two pods never take the same room. A pod of another scheduler and a gated pod
 * are left alone. Does not: choose (`fit.ts`).
 */
import type { Clock, Logger } from '../../../dataplane/core/ports.ts'
import type { KubeApi } from '../../../operator/kube/api.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { isConflict, isNotFound } from '../../../operator/kube/status-error.ts'
import { secondsTime } from '../../../operator/kube/time.ts'
import type { EventRecorder } from '../events.ts'
import type { Claim, Node, Pod } from '../objects.ts'
import { isAlive, schedule } from './fit.ts'

export interface SchedulerOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventRecorder
  readonly schedulerName: string
  readonly pods: () => readonly Pod[]
  /** Of this runner. */
  readonly nodes: () => readonly Node[]
  readonly claim: (namespace: string, name: string) => Claim | undefined
}

export class Scheduler {
  readonly #options: SchedulerOptions
  /** Bound by us, before the watch tells. */
  readonly #assumed = new Map<string, string>()

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  async pass(): Promise<void> {
    const { pods, schedulerName, logger } = this.#options
    const waiting = pods()
      .filter((pod) => isWaiting(pod, schedulerName) && !this.#assumed.has(pod.metadata.uid!))
      .sort((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? -1 : 1))
    for (const pod of waiting) {
      await this.#place(pod).catch((error: unknown) => {
        if (!isNotFound(error) && !isConflict(error))
          logger.warn('pod not bound', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error })
      })
    }
  }

  async #place(pod: Pod): Promise<void> {
    const { api, nodes, events } = this.#options
    const { name, namespace, uid } = pod.metadata
    const pods = this.#known()
    const result = schedule({
      pod,
      nodes: nodes(),
      pods,
      claimProblem: this.#claimProblem(pod),
      pinnedTo: this.#pinnedTo(pod, pods),
    })
    if (!('node' in result)) return this.#refuse(pod, result.message)
    await api.create(
      resources.pods,
      {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace: namespace!, uid: uid! },
        target: { apiVersion: 'v1', kind: 'Node', name: result.node },
      },
      { subresource: 'binding' },
    )
    this.#assumed.set(uid!, result.node)
    events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${result.node}`)
  }

  /** Pods with the nodes that they were just bound to. */
  #known(): readonly Pod[] {
    const there = this.#options.pods()
    const uids = new Set(there.map(({ metadata }) => metadata.uid!))
    for (const uid of this.#assumed.keys()) if (!uids.has(uid)) this.#assumed.delete(uid)
    return there.map((pod) => {
      const node = this.#assumed.get(pod.metadata.uid!)
      return node === undefined || pod.spec.nodeName ? pod : { ...pod, spec: { ...pod.spec, nodeName: node } }
    })
  }

  async #refuse(pod: Pod, message: string): Promise<void> {
    const { api, clock, events } = this.#options
    const conditions = pod.status?.conditions ?? []
    const before = conditions.find(({ type }) => type === 'PodScheduled')
    events.record(pod, 'Warning', 'FailedScheduling', message)
    if (before?.status === 'False' && before.message === message) return
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : secondsTime(clock.now()),
    }
    const others = conditions.filter(({ type }) => type !== 'PodScheduled')
    const status = { ...pod.status, conditions: [...others, condition] }
    await api.replace(resources.pods, { ...pod, status }, { subresource: 'status' })
  }

  #claims(pod: Pod): readonly { readonly name: string; readonly claim: Claim | undefined }[] {
    return (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => {
      if (persistentVolumeClaim === undefined) return []
      const name = persistentVolumeClaim.claimName
      return [{ name, claim: this.#options.claim(pod.metadata.namespace!, name) }]
    })
  }

  #claimProblem(pod: Pod): string | undefined {
    for (const { name, claim } of this.#claims(pod)) {
      if (claim === undefined) return `persistentvolumeclaim "${name}" not found`
      if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`
      if (claim.status?.phase === 'Lost')
        return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`
      if (claim.status?.phase !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims'
    }
    return undefined
  }

  /** A claim that one node may use is where a pod that uses it already is. */
  #pinnedTo(pod: Pod, pods: readonly Pod[]): ReadonlySet<string> {
    const single = this.#claims(pod).filter(({ claim }) => !claim?.spec.accessModes?.includes('ReadWriteMany'))
    const names = new Set(single.map(({ name }) => name))
    const users = pods.filter(
      (other) =>
        other.spec.nodeName &&
        other.metadata.namespace === pod.metadata.namespace &&
        other.metadata.uid !== pod.metadata.uid &&
        isAlive(other) &&
        (other.spec.volumes ?? []).some((one) => names.has(one.persistentVolumeClaim?.claimName ?? '')),
    )
    return new Set(users.map(({ spec }) => spec.nodeName!))
  }
}

function isWaiting({ spec, metadata, status }: Pod, schedulerName: string): boolean {
  return (
    !spec.nodeName &&
    metadata.deletionTimestamp === undefined &&
    (spec.schedulingGates ?? []).length === 0 &&
    (spec.schedulerName ?? 'default-scheduler') === schedulerName &&
    status?.phase !== 'Failed' &&
    status?.phase !== 'Succeeded'
  )
}
