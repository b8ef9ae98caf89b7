/** Asks pods, some at a time, what they say of themselves. */
import type { DataPlane } from '../../admin/port.ts'
import type { Evidence, PodEvidence } from '../../plan/evidence.ts'
import { addressOf, nothingRuns, type Pod, uidOf } from '../../plan/seen.ts'

/**
 * Each call has two seconds from when it is made: a thousand at once, with a connection to open for each, are all too late.
 * A pod that hangs holds up one of so many.
 */
const atOnce = 32

export async function gatherEvidence(plane: DataPlane, pods: readonly Pod[]): Promise<Evidence> {
  const evidence = new Map<string, PodEvidence>()
  const left = pods.values()
  const ask = async () => {
    for (const pod of left) {
      const address = addressOf(pod)
      if (address === undefined || nothingRuns(pod)) continue
      const said = await plane.status({ name: pod.metadata.name, uid: uidOf(pod), address })
      if (said !== undefined) evidence.set(uidOf(pod), said)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, pods.length) }, ask))
  return evidence
}
