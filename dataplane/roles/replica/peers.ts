/** The other replicas of the shard, as one replica asks them. Channels live for one conversation. */
import type { Clock } from '../../core/ports.ts'
import type { RoutingHolder } from '../../routing/holder.ts'
import { plainText } from '../../rpc/credentials.ts'
import { connectAdmin, type DigestValue, type RemoteAdmin } from '../../rpc/remote-admin.ts'
import type { OffsetVector } from '../../schema/event.ts'

/** What another replica says that the log holds between two vectors; `digest` is an error when it gave none. */
export interface Opinion {
  readonly by: string
  readonly digest: DigestValue | Error
}

export interface Peers {
  /** How many there are, reachable or not. */
  readonly count: number
  opinions(range: { from: OffsetVector; to: OffsetVector }, signal: AbortSignal): Promise<Opinion[]>
  /** Tells all that manifests from `version` on are wrong. Who cannot be told finds out by following. */
  distrust(version: number, message: string): Promise<void>
}

/** Reading a range of the log again takes seconds. */
const opinionTimeoutMs = 60_000
const tellTimeoutMs = 2_000

export function remotePeers(
  routing: RoutingHolder,
  { shard, name, clock }: { readonly shard: string; readonly name: string; readonly clock: Clock },
): Peers {
  const others = () => routing.shard(shard)?.replicas.filter((replica) => replica.name !== name) ?? []
  const call = <Answer>(address: string, timeoutMs: number, ask: (admin: RemoteAdmin) => Promise<Answer>) => {
    const admin = connectAdmin({ address, credentials: plainText, clock, timeoutMs })
    return ask(admin).finally(() => admin.close())
  }
  return {
    get count() {
      return others().length
    },
    opinions: (range) =>
      Promise.all(
        others().map(async ({ name: by, address }) => ({
          by,
          digest: await call(address, opinionTimeoutMs, (admin) =>
            admin.digestRange({ cluster: routing.map.cluster, shard }, range),
          ).catch((error: Error) => error),
        })),
      ),
    async distrust(version, message) {
      await Promise.allSettled(
        others().map(({ address }) =>
          call(address, tellTimeoutMs, (admin) =>
            admin.distrust({ cluster: routing.map.cluster, shard, version, message }),
          ),
        ),
      )
    },
  }
}
