/**
 * The pod of the embedded log: made when it is missing, replaced when its revision is no longer the wanted one and
 * every shard has it already. Acks pause while it restarts; nothing that was acknowledged is lost.
 */
import { resources } from '../../kube/resource.ts'
import { logPod } from '../../render/pods/log.ts'
import { atRevision } from '../../render/revisions.ts'
import type { ClusterView } from '../../render/view.ts'
import { type Action, remove } from '../action.ts'
import { hasEnded, isDeleting, isFailing, isReady, type Pod, revisionOf } from '../seen.ts'
import type { Blocked } from '../veto.ts'
import type { Rollout } from './rollout.ts'

export interface LogPodPlan {
  readonly actions: readonly Action[]
  readonly blocked: readonly Blocked[]
  /** It serves on the revision that is wanted. */
  readonly isUpdated: boolean
}

export interface LogPodInput {
  readonly view: ClusterView
  readonly pod: Pod | undefined
  readonly rollout: Rollout
  readonly volumesUnsure: string | undefined
  /** ms. */
  readonly now: number
}

export function planLogPod({ view, pod, rollout, volumesUnsure, now }: LogPodInput): LogPodPlan {
  const isWanted = pod !== undefined && revisionOf(pod) === rollout.wanted && !isDeleting(pod)
  const none = { actions: [], blocked: [], isUpdated: isWanted && isReady(pod) }
  if (pod === undefined) {
    const object = logPod(atRevision(view, rollout.data), { image: rollout.data.image, revision: rollout.wanted })
    return { ...none, actions: [{ do: 'create', resource: resources.pods, object }] }
  }
  if (isDeleting(pod) || (isWanted && !hasEnded(pod))) return none
  if (hasEnded(pod)) return { ...none, actions: [remove(resources.pods, pod)] }
  if (!rollout.isComplete && !isFailing(pod, now)) return none
  if (volumesUnsure !== undefined) {
    const veto = { veto: 'DataVolumesUnsure', message: `this may be the last copy: ${volumesUnsure}` }
    return { ...none, blocked: [{ act: 'RestartLog', object: pod.metadata.name, ...veto }] }
  }
  return { ...none, actions: [remove(resources.pods, pod, 'RestartLog')] }
}
