/**
 * Writes the status of a pod, when it differs from what the API server has; and, at the end, lets the API server forget the pod.
 *
 * Replaced as a whole under the version that it was made from, so that conditions of others are never overwritten. Quiet at steady state: no write
 * without a change.
 */
import { isDeepStrictEqual } from 'node:util'
import { resources } from '../../../operator/kube/resource.ts'
import { isConflict, isNotFound } from '../../../operator/kube/status-error.ts'
import type { Pod } from '../objects.ts'
import type { WorkerContext } from './context.ts'
import { podStatus, type StatusInput } from './status.ts'

type Input = Omit<StatusInput, 'now' | 'imageId'>

const triesMax = 5

/**
 * Resolves with the pod as it was written, or as it is where there was nothing to write or it is gone; `undefined` when somebody else keeps
 * writing: look again. After the `last` report the pod is gone, unless finalizers hold it.
 */
export async function reportStatus(
  context: WorkerContext,
  input: Input,
  which: 'on the way' | 'last',
): Promise<Pod | undefined> {
  let { pod } = input
  for (let tries = 0; tries < triesMax; tries++) {
    const now = context.clock.now()
    const status = podStatus({ ...input, pod, now, imageId: (image) => context.imageId(image) })
    try {
      if (!isDeepStrictEqual(status, pod.status)) {
        pod = (await context.api.replace(resources.pods, { ...pod, status }, { subresource: 'status' })) as Pod
      }
      if (which === 'last') await forget(context, input)
      return pod
    } catch (error) {
      if (isNotFound(error)) return pod
      if (!isConflict(error)) throw error
      const { name, namespace, uid } = pod.metadata
      const fresh = (await context.api.get(resources.pods, { name, namespace: namespace! })) as Pod | undefined
      if (fresh?.metadata.uid !== uid) return pod
      pod = fresh as Pod
    }
  }
  return undefined
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
