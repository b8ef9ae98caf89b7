/**
 * What a node that is drained may take away at once. Pods of a shard have no controller that Kubernetes knows,
 * so their budget is a number that must stay; it is renewed when the number of replicas changes.
 */
import type { KubeObject } from '../kube/object.ts'
import { ingestName, ownedMeta, ownerOf, queryName, type Role, selectorOf } from './names.ts'
import type { ClusterView } from './view.ts'

/** One pod of ingest and of query at a time. With a single pod there is nothing to keep: a drain may go on. */
export function roleBudgets(view: ClusterView): KubeObject[] {
  const budget = (role: Role, name: string) => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: ownedMeta(view, name, { role }),
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(view.name, role) } },
  })
  return [budget('ingest', ingestName(view.name)), budget('query', queryName(view.name))]
}

export interface BudgetedShard {
  readonly name: string
  readonly uid: string
  readonly id: number
  readonly replicas: number
}

/** All replicas of a shard but one stay. `minAvailable` 0 with a single one, so that nodes can be drained. */
export function shardBudget(view: ClusterView, shard: BudgetedShard): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      ...ownedMeta(view, shard.name, { role: 'replica', shard: shard.id }),
      ownerReferences: [ownerOf({ kind: 'Shard', name: shard.name, uid: shard.uid })],
    },
    spec: {
      minAvailable: Math.max(0, shard.replicas - 1),
      selector: { matchLabels: selectorOf(view.name, 'replica', shard.id) },
    },
  }
}
