/**
 * Writes the status of a pod, when it differs from what the API server has; and, at the end, lets the API server forget the pod.
 *
 * Replaced as a whole under the version that it was made from, so that conditions of others are never overwritten. Quiet at steady state: no write
 * without a change.
 */
import { isDeepStrictEqual } from 'node:util'
import { resources } from '../../../operator/kube/resource.ts'
import { isConflict, isNotFound } from '../../../operator/kube/status-error.ts'
import type { WorkerContext } from './context.ts'
import { podStatus, type StatusInput } from './status.ts'

type Input = Omit<StatusInput, 'now' | 'imageId'>

const conflictsMax = 5

/** False when somebody else wrote in between: look again. After the `last` report the pod is gone, unless finalizers hold it. */
export async function reportStatus(
  context: WorkerContext,
  input: Input,
  which: 'on the way' | 'last',
): Promise<boolean> {
  let { pod } = input
  for (let tries = 0; ; tries++) {
    const status = podStatus({
      ...input,
      pod,
      now: context.clock.now(),
      imageId: (image) => context.imageId(image),
    })
    try {
      if (!isDeepStrictEqual(status, pod.status)) {
        const written = await context.api.replace(resources.pods, { ...pod, status }, { subresource: 'status' })
        if (which === 'on the way') context.seen({ ...written, apiVersion: 'v1', kind: 'Pod' })
      }
      break
    } catch (error) {
      if (isNotFound(error)) return true
      if (!isConflict(error) || tries === conflictsMax) throw error
      const { name, namespace, uid } = pod.metadata
      const fresh = await context.api.get(resources.pods, { name, namespace: namespace! })
      if (fresh === undefined || fresh.metadata.uid !== uid) return true
      if (which === 'on the way') {
        context.seen(fresh)
        return false
      }
      pod = fresh as typeof pod
    }
  }
  if (which === 'last') await forget(context, input)
  return true
}

async function forget({ api }: WorkerContext, { pod }: Input): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  try {
    await api.delete(resources.pods, { name, namespace: namespace! }, { uid: uid!, gracePeriodSeconds: 0 })
  } catch (error) {
    // Gone already, or another pod of that name is there: either way this one is.
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
