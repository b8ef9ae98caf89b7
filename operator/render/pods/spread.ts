/** Where pods of one kind must not sit together. */
import { type Role, selectorOf } from '../names.ts'
import type { ClusterView } from '../view.ts'

/** Replicas of a shard, as the cluster says. */
export function replicaSpread(view: ClusterView, shard: number) {
  return spread(view.spec.shard.topologySpread, selectorOf(view.name, 'replica', shard))
}

/** Pods of a role, over nodes where it can be had. */
export function roleSpread(view: ClusterView, role: Role) {
  const where = { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }
  return spread(where, selectorOf(view.name, role))
}

function spread(where: { topologyKey: string; whenUnsatisfiable: string }, matchLabels: object) {
  return { maxSkew: 1, ...where, labelSelector: { matchLabels } }
}
