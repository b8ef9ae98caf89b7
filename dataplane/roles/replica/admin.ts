/** What a replica tells and does for the operator and for other replicas. */
import { unavailable } from '../../../common/errors/errors.ts'
import type { ShardStatus } from '../../../proto/generated/anabranch/v1/admin.ts'
import type { RoutingHolder } from '../../routing/holder.ts'
import type { AdminParts } from '../../rpc/admin-service.ts'
import { vectorFromMessage, vectorToMessage } from '../../rpc/vector.ts'
import { covers } from '../../shard/vector.ts'
import type { ReplicaHost } from './host.ts'
import type { Lag } from './lag.ts'

export function adminParts(
  { host, lag }: { readonly host: ReplicaHost; readonly lag: Lag },
  routing: RoutingHolder,
): Omit<AdminParts, 'status' | 'drain'> {
  const isOurs = (cluster: string, shard: string) => cluster === routing.map.cluster && shard === host.id
  return {
    role: 'replica',
    shards: () => statusOf(host, lag),
    routingEpoch: () => routing.map.routingEpoch,
    pushRoutingMap: (map) => routing.push(map),
    async cutNow(_shard, signal) {
      const shard = host.serving()
      const wanted = shard.applied
      await shard.settled(wanted, signal)
      // The loser of a race adopts the winner's and cuts what is left; a long tail takes several cuts.
      for (;;) {
        const { kind } = await shard.cut()
        if (kind === 'nothing' || (kind === 'cut' && covers(shard.manifest.offsets, wanted))) break
        signal.throwIfAborted()
      }
      return { manifestVersion: shard.manifest.version }
    },
    async digestRange({ cluster, shard, from, to }, signal) {
      const range = { from: vectorFromMessage(from), to: vectorFromMessage(to) }
      if (!isOurs(cluster, shard)) {
        const what = `got a request for shard ${shard} of cluster ${cluster || '(none)'}`
        unavailable('ROUTING_STALE', `${what} at a replica of ${host.id} of cluster ${routing.map.cluster}`)
      }
      const { rows, maskedRows, sum } = await host.digestRange(range, signal)
      return { digest: { rows, maskedRows, sum: [...sum] } }
    },
    distrust({ cluster, shard, version, message }) {
      if (isOurs(cluster, shard)) host.distrust({ version, message })
    },
  }
}

function statusOf(host: ReplicaHost, lag: Lag): ShardStatus[] {
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
      audit: host.auditor.state,
      auditMessage: host.auditor.message,
      lagMs: lag.ageMs,
      lateForMs: lag.lateForMs,
    },
  ]
}
