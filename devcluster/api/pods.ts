/** What deletion and binding mean: finalizers for every kind; grace period and node for pods. Pure. */
import type { DeleteOptions } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import type { Resource } from '../../operator/kube/resource.ts'
import { secondsTime } from '../../operator/kube/time.ts'

/** The object marked for deletion, or `undefined` when nothing keeps it. */
export function deletionOf(
  resource: Resource,
  live: KubeObject,
  options: DeleteOptions,
  now: number,
): KubeObject | undefined {
  const finalizers = [
    ...(live.metadata.finalizers ?? []),
    ...(options.propagation === 'Foreground' ? ['foregroundDeletion'] : []),
    ...(options.propagation === 'Orphan' ? ['orphan'] : []),
  ]
  const grace = resource.kind === 'Pod' ? podGrace(live, options) : 0
  if (finalizers.length === 0 && grace === 0) return undefined
  const before = live.metadata.deletionTimestamp
  const earlier = before !== undefined && (live.metadata.deletionGracePeriodSeconds ?? 0) <= grace
  if (earlier) return live
  const time = secondsTime(now + grace * 1000)
  return {
    ...live,
    metadata: {
      ...live.metadata,
      ...(finalizers.length > 0 && { finalizers: [...new Set(finalizers)] }),
      deletionTimestamp: time,
      deletionGracePeriodSeconds: grace,
    },
  }
}

function podGrace(pod: KubeObject, options: DeleteOptions): number {
  const spec = pod.spec as { nodeName?: string; terminationGracePeriodSeconds?: number } | undefined
  const phase = (pod.status as { phase?: string } | undefined)?.phase
  if (!spec?.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0
  return options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30
}

/** The pod on the node that a Binding names; `undefined` when it has one already. */
export function bindPod(pod: KubeObject, binding: KubeObject, time: string): KubeObject | undefined {
  const spec = pod.spec as { nodeName?: string }
  if (spec.nodeName) return undefined
  const status = pod.status as { conditions?: readonly { type: string }[] } | undefined
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: time }
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  return {
    ...pod,
    spec: { ...spec, nodeName: (binding.target as { name: string }).name },
    status: { ...status, conditions: [...others, scheduled] },
  }
}
