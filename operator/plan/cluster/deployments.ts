/** How far ingest and query are: they take over an image when shards and log have it, and not before. */
import { ingestName, queryName } from '../../render/names.ts'
import type { ClusterInput } from './input.ts'
import type { Rollout } from './rollout.ts'

export interface DeploymentsState {
  /** That they are to run now. */
  readonly image: string
  /** All pods run the wanted image. */
  readonly isUpdated: boolean
}

interface DeploymentView {
  readonly metadata: { readonly name: string; readonly generation?: number }
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } }
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
  }
}

export function deploymentsState(
  { cluster, deployments }: ClusterInput,
  { rollout, isLogUpdated }: { rollout: Rollout; isLogUpdated: boolean },
): DeploymentsState {
  const { name } = cluster.metadata
  const both = [ingestName(name), queryName(name)].map(
    (wanted) => deployments.find(({ metadata }) => metadata.name === wanted) as DeploymentView | undefined,
  )
  const running = both.map((one) => one?.spec?.template?.spec?.containers?.[0]?.image)
  const isTheirTurn = rollout.isComplete && isLogUpdated
  const former = running.find((image) => image !== undefined)
  const image = isTheirTurn || former === undefined ? rollout.data.image : former
  const isUpdated =
    both.every((one) => one !== undefined && isRolledOut(one)) && running.every((one) => one === rollout.data.image)
  return { image, isUpdated }
}

/**
 * No pod of a former template is left. The last of them goes when the new ones are available (`maxUnavailable: 0`), so that is
 * all; how many there are to be is another question: scaling is no roll.
 */
function isRolledOut({ metadata, status = {} }: DeploymentView): boolean {
  const { observedGeneration, replicas = 0, updatedReplicas = 0 } = status
  return observedGeneration === metadata.generation && replicas > 0 && updatedReplicas === replicas
}
