/**
 * One replica of a shard, as a query pod calls it: one channel, opened with the first call.
 *
 * Does not: choose, retry or hedge; who calls decides that.
 */
import type { Code } from '../../common/errors/codes.ts'
import { type ExportChunk, QueryClient } from '../../proto/generated/anabranch/v1/query.ts'
import type { Clock } from '../core/ports.ts'
import type { OffsetVector } from '../schema/event.ts'
import { callStream, callUnary } from './client.ts'
import { channelOptions, type TransportCredentials } from './credentials.ts'
import type { PartialCall, PartialReply, ShardCall } from './query-service.ts'
import { vectorFromMessage, vectorToMessage } from './vector.ts'

export interface RemoteReplicaOptions {
  /** `host:port` of the replica's services. */
  readonly address: string
  readonly credentials: TransportCredentials
  readonly clock: Clock
}

export interface Bounds {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Every call throws what the replica threw, or `UnavailableError` `SHARD_UNAVAILABLE` when the call itself failed. */
export interface RemoteReplica {
  readonly address: string
  pin(call: ShardCall & { readonly minimum: OffsetVector | undefined }, bounds: Bounds): Promise<OffsetVector>
  partial(call: PartialCall, bounds: Bounds): Promise<PartialReply>
  /** Leaving the loop cancels the call. Bounded by the signal alone. */
  export(call: PartialCall, signal: AbortSignal): AsyncIterable<ExportChunk>
  close(): void
}

const fallback: Code = 'SHARD_UNAVAILABLE'

export function connectReplica({ address, credentials, clock }: RemoteReplicaOptions): RemoteReplica {
  const client = new QueryClient(address, credentials.channel, channelOptions)
  const options = (verb: string, { timeoutMs, signal }: Bounds, shard: string) => {
    return { now: clock.now(), timeoutMs, signal, fallback, what: `${verb} shard ${shard} at ${address}` }
  }
  const messageOf = ({ cluster, shard, routingEpoch, at, request }: PartialCall) => {
    return { cluster, shard, routingEpoch, at: vectorToMessage(at), request: Buffer.from(request) }
  }
  return {
    address,
    async pin({ cluster, shard, routingEpoch, minimum }, bounds) {
      const request = { cluster, shard, routingEpoch, minimum: minimum && vectorToMessage(minimum) }
      const { at } = await callUnary(client, client.pin, request, options('pin', bounds, shard))
      return vectorFromMessage(at)
    },
    async partial(call, bounds) {
      const reply = await callUnary(client, client.partial, messageOf(call), options('ask', bounds, call.shard))
      return { partial: reply.partial, at: vectorFromMessage(reply.at), pending: reply.pending }
    },
    async *export(call, signal) {
      signal.throwIfAborted()
      const what = `export shard ${call.shard} at ${address}`
      yield* callStream(() => client.export(messageOf(call)), { signal, fallback, what })
    },
    close: () => client.close(),
  }
}
