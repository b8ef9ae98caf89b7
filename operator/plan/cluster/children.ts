/** What every cluster has beside its data and its shards: account, services, policies, budgets, ingest and query. */
import type { EventCluster } from '../../kube/kinds.ts'
import type { KubeObject } from '../../kube/object.ts'
import { type Resource, resources } from '../../kube/resource.ts'
import { serviceAccount } from '../../render/accounts.ts'
import { roleBudgets } from '../../render/disruption-budgets.ts'
import { annotationNames } from '../../render/names.ts'
import { networkPolicies } from '../../render/network-policies.ts'
import { ingestDeployment, queryDeployment } from '../../render/pods/deployments.ts'
import { services } from '../../render/services.ts'
import type { ClusterView } from '../../render/view.ts'
import { type Action, remove } from '../action.ts'
import { isDeleting } from '../seen.ts'
import type { ClusterInput } from './input.ts'

const apply = (resource: Resource, object: KubeObject): Action => ({ do: 'apply', resource, object })

export function planChildren({ networkPolicies: seen }: ClusterInput, view: ClusterView): Action[] {
  const policies = networkPolicies(view)
  const unwanted = seen.filter(
    (one) => !isDeleting(one) && !policies.some(({ metadata }) => metadata.name === one.metadata.name),
  )
  return [
    apply(resources.serviceAccounts, serviceAccount(view)),
    ...services(view).map((object) => apply(resources.services, object)),
    ...policies.map((object) => apply(resources.networkPolicies, object)),
    ...unwanted.map((object) => remove(resources.networkPolicies, object)),
    ...roleBudgets(view).map((object) => apply(resources.podDisruptionBudgets, object)),
  ]
}

/** `image`: of the revision that these roles are at. */
export function planDeployments(cluster: EventCluster, view: ClusterView, image: string): Action[] {
  const rollout = { image, restartedAt: cluster.metadata.annotations?.[annotationNames.restartedAt] }
  return [queryDeployment(view, rollout), ingestDeployment(view, rollout)].map((object) =>
    apply(resources.deployments, object),
  )
}
