/** Asks pods, all at once, what they say of themselves. */
import type { DataPlane } from '../../admin/port.ts'
import type { Evidence, PodEvidence } from '../../plan/evidence.ts'
import { addressOf, nothingRuns, type Pod, uidOf } from '../../plan/seen.ts'

export async function gatherEvidence(plane: DataPlane, pods: readonly Pod[]): Promise<Evidence> {
  const said = await Promise.all(
    pods.map(async (pod): Promise<[string, PodEvidence] | undefined> => {
      const address = addressOf(pod)
      if (address === undefined || nothingRuns(pod)) return undefined
      const evidence = await plane.status({ name: pod.metadata.name, uid: uidOf(pod), address })
      return evidence && [uidOf(pod), evidence]
    }),
  )
  return new Map(said.filter((one) => one !== undefined))
}
