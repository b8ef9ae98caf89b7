/** What a replica tells and does for the operator and for other replicas. */
import type { ShardStatus } from '../../../proto/generated/anabranch/v1/admin.ts'
import type { RoutingHolder } from '../../routing/holder.ts'
import type { AdminParts } from '../../rpc/admin-service.ts'
import { vectorToMessage } from '../../rpc/vector.ts'
import type { ReplicaHost } from './host.ts'

export function adminParts(host: ReplicaHost, routing: RoutingHolder): Omit<AdminParts, 'status' | 'drain'> {
  return {
    role: 'replica',
    shards: () => statusOf(host),
    routingEpoch: () => routing.map.routingEpoch,
    pushRoutingMap: (map) => routing.push(map),
    async cutNow(_shard, signal) {
      const shard = host.serving()
      const wanted = shard.applied
      await shard.settled(wanted, signal)
      // The loser of a race adopts the winner's and cuts what is left.
      while ((await shard.cut()).kind === 'lost') signal.throwIfAborted()
      return { manifestVersion: shard.manifest.version }
    },
  }
}

function statusOf(host: ReplicaHost): ShardStatus[] {
  const shard = host.current
  if (shard === undefined) return []
  return [
    {
      shard: shard.id,
      primary: shard.isPrimary,
      applied: vectorToMessage(shard.applied),
      manifestVersion: shard.manifest.version,
      pending: shard.pendingRows,
      segments: shard.segmentCount,
      audit: 'unaudited',
      auditMessage: '',
    },
  ]
}
