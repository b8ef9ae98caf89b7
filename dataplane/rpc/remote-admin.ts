/**
 * The `Admin` service of another process: what a replica asks of its peers, and tools of anybody.
 */
import {
  AdminClient,
  type CutNowResponse,
  type DistrustRequest,
  type StatusResponse,
} from '../../proto/generated/anabranch/v1/admin.ts'
import type { Clock } from '../core/ports.ts'
import type { OffsetVector } from '../schema/event.ts'
import { callUnary } from './client.ts'
import { channelOptions, type TransportCredentials } from './credentials.ts'
import { vectorToMessage } from './vector.ts'

/** As in `storage/segment/digest.ts`, structurally: this folder does not know segments. */
export interface DigestValue {
  readonly rows: number
  readonly maskedRows: number
  readonly sum: readonly number[]
}

export interface RemoteAdmin {
  status(): Promise<StatusResponse>
  /** Answers with the epoch in force there. */
  pushRoutingMap(map: string): Promise<number>
  /** Answer with the version in force there. */
  pushAccess(table: string): Promise<number>
  pushSettings(settings: string): Promise<number>
  /** Makes it take no new work. */
  drain(): Promise<void>
  cutNow(shard: string): Promise<CutNowResponse>
  /** Of the rows that the log has between two vectors, as the other side reads it. */
  digestRange(
    of: { cluster: string; shard: string },
    range: { from: OffsetVector; to: OffsetVector },
  ): Promise<DigestValue>
  distrust(request: DistrustRequest): Promise<void>
  close(): void
}

export interface RemoteAdminOptions {
  readonly address: string
  readonly credentials: TransportCredentials
  readonly clock: Clock
  /** ms per call. */
  readonly timeoutMs: number
  /** Of the operator that commands; 0, the default, for everybody else. */
  readonly leaderTerm?: number
  readonly signal?: AbortSignal
}

/** Calls throw what the other side threw (`LEADER_STALE` among others), or `UnavailableError` `REPLICA_NOT_READY` when the call itself failed. */
export function connectAdmin(remote: RemoteAdminOptions): RemoteAdmin {
  const { address, credentials, clock, timeoutMs, leaderTerm = 0, signal } = remote
  const client = new AdminClient(address, credentials.channel, channelOptions)
  const options = (verb: string) => {
    const what = `${verb} of the process at ${address}`
    return { now: clock.now(), timeoutMs, fallback: 'REPLICA_NOT_READY' as const, what, ...(signal && { signal }) }
  }
  return {
    status: () => callUnary(client, client.status, {}, options('status')),
    async pushRoutingMap(map) {
      const request = { map: Buffer.from(map), leaderTerm }
      return (await callUnary(client, client.pushRoutingMap, request, options('push of the routing map'))).routingEpoch
    },
    async pushAccess(table) {
      const request = { access: Buffer.from(table), leaderTerm }
      return (await callUnary(client, client.pushAccess, request, options('push of the access table'))).accessVersion
    },
    async pushSettings(settings) {
      const request = { settings: Buffer.from(settings), leaderTerm }
      return (await callUnary(client, client.pushSettings, request, options('push of settings'))).settingsVersion
    },
    async drain() {
      await callUnary(client, client.drain, { leaderTerm }, options('drain'))
    },
    cutNow: (shard) => callUnary(client, client.cutNow, { shard, leaderTerm }, options('cut')),
    async digestRange({ cluster, shard }, { from, to }) {
      const request = { cluster, shard, from: vectorToMessage(from), to: vectorToMessage(to) }
      const { digest } = await callUnary(client, client.digestRange, request, options('digest of a range'))
      return digest ?? { rows: 0, maskedRows: 0, sum: [0, 0, 0, 0] }
    },
    async distrust(request) {
      await callUnary(client, client.distrust, request, options('distrust'))
    },
    close: () => client.close(),
  }
}
