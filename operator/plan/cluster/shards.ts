/** The Shards of a cluster: one for each line of the map, each with the revision whose turn it is. */
import type { RoutingMap } from '../../../dataplane/routing/map.ts'
import { resources } from '../../kube/resource.ts'
import { shardObject } from '../../render/shards.ts'
import type { ClusterView } from '../../render/view.ts'
import type { Action } from '../action.ts'
import type { Rollout } from './rollout.ts'

export function planShards(view: ClusterView, map: RoutingMap, rollout: Rollout): Action[] {
  return map.shards.map((line) => {
    const id = Number(line.id)
    const revision = rollout.revisions.get(id) ?? rollout.wanted
    const { start, end } = line
    const object = shardObject(view, { id, start, end, replicas: view.spec.shard.replicas, revision })
    return { do: 'apply', resource: resources.shards, object }
  })
}
