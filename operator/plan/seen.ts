/**
 * What plans read out of pods and claims: their state in the operator's words.
 *
 * Does not: believe a pod about the data; that is asked of the data plane (`evidence.ts`).
 */
import type { KubeObject } from '../kube/object.ts'
import { labelNames, ports } from '../render/names.ts'

interface ContainerState {
  readonly running?: object
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly terminated?: { readonly reason?: string; readonly message?: string; readonly exitCode?: number }
}

export interface PodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

export type Pod = KubeObject & {
  readonly spec?: { readonly nodeName?: string }
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly conditions?: readonly PodCondition[]
    readonly containerStatuses?: readonly {
      readonly image?: string
      readonly restartCount?: number
      readonly state?: ContainerState
      readonly lastState?: ContainerState
    }[]
  }
}

export type Claim = KubeObject & {
  readonly spec?: { readonly resources?: { readonly requests?: { readonly storage?: string } } }
  readonly status?: { readonly phase?: string; readonly capacity?: { readonly storage?: string } }
}

export const isDeleting = ({ metadata }: KubeObject) => metadata.deletionTimestamp !== undefined
export const uidOf = ({ metadata }: KubeObject) => metadata.uid ?? ''
export const revisionOf = ({ metadata }: KubeObject) => metadata.labels?.[labelNames.revision]
export const roleOf = ({ metadata }: KubeObject) => metadata.labels?.[labelNames.role]

/** `host:port` of its gRPC; `undefined` before it has an address, and once it has ended. */
export function addressOf(pod: Pod): string | undefined {
  const { podIP, phase } = pod.status ?? {}
  return podIP === undefined || phase === 'Succeeded' || phase === 'Failed' ? undefined : `${podIP}:${ports.grpc}`
}

/** Since when it is ready, ms; `undefined`: it is not, is about to go, or has ended. */
export function readySinceMs(pod: Pod): number | undefined {
  if (isDeleting(pod) || hasEnded(pod)) return undefined
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime ?? '') || 0 : undefined
}

export const isReady = (pod: Pod) => readySinceMs(pod) !== undefined

/** It ran to its end, for whatever reason, and will not run again. */
export const hasEnded = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed'

/** True when certainly no process of it runs: never started, or between two starts, or ended. */
export function nothingRuns(pod: Pod): boolean {
  const { containerStatuses, phase } = pod.status ?? {}
  if (hasEnded(pod)) return true
  if (containerStatuses === undefined) return pod.spec?.nodeName === undefined && (phase ?? 'Pending') === 'Pending'
  return containerStatuses.every(({ state }) => state?.running === undefined && state !== undefined)
}

export interface Trouble {
  /** A reason of the condition `Stalled`. */
  readonly reason: 'ImageNotPulled' | 'Unschedulable'
  readonly message: string
}

const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])

/** A pod that was just made waits for its volumes, or for a node to be added. */
const schedulingMs = 20_000

/** What keeps a pod from running that waiting alone will not heal. `now` in ms. */
export function troubleOf(pod: Pod, now: number): Trouble | undefined {
  const { name } = pod.metadata
  for (const { state, image } of pod.status?.containerStatuses ?? []) {
    const { reason = '', message = '' } = state?.waiting ?? {}
    if (imageReasons.has(reason)) {
      const what = `pod ${name}: image ${image ?? ''} was not pulled (${reason}${message && `: ${message}`})`
      return { reason: 'ImageNotPulled', message: `${what}; correct spec.image or spec.imagePullSecrets` }
    }
  }
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return undefined
  if (now - Date.parse(pod.metadata.creationTimestamp ?? '') < schedulingMs) return undefined
  const what = `pod ${name} fits on no node (${scheduled.message ?? ''})`
  return { reason: 'Unschedulable', message: `${what}; free or add nodes, or ask for less` }
}

/** Waiting alone will not make it run, or it ended more than once. */
export function isFailing(pod: Pod, now: number): boolean {
  const isCrashing = pod.status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff')
  return troubleOf(pod, now) !== undefined || isCrashing === true
}

/** For people: why it is not ready. */
export function waitsFor(pod: Pod): string {
  if (isDeleting(pod)) return 'is stopping'
  const { state, lastState, restartCount = 0 } = pod.status?.containerStatuses?.[0] ?? {}
  const last = lastState?.terminated
  if (restartCount > 0 && last !== undefined) {
    return `was restarted ${restartCount} times, last exit code ${last.exitCode ?? '?'} ${last.message ?? ''}`.trim()
  }
  return state?.running === undefined ? (state?.waiting?.reason ?? 'is not scheduled yet') : 'is starting'
}
