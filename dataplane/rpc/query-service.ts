/**
 * The `Query` service: what a replica serves to query pods, as handlers over values of ours.
 *
 * Does not: know what a request or a partial says; those are bytes here.
 */
import {
  type ExportChunk,
  type ExportRequest,
  type PartialRequest,
  type PinRequest,
  QueryService,
} from '../../proto/generated/anabranch/v1/query.ts'
import type { Logger } from '../core/ports.ts'
import type { OffsetVector } from '../schema/event.ts'
import { type RpcService, streaming, unary } from './server.ts'
import { vectorFromMessage, vectorToMessage } from './vector.ts'

/** What every call names: the shard and whose it is, and the epoch of the map that the caller went by. */
export interface ShardCall {
  /** The data's id. */
  readonly cluster: string
  readonly shard: string
  readonly routingEpoch: number
}

export interface PartialCall extends ShardCall {
  readonly at: OffsetVector
  /** JSON. */
  readonly request: Uint8Array
}

export interface PartialReply {
  /** JSON. */
  readonly partial: Uint8Array
  readonly at: OffsetVector
  readonly pending: number
}

/** Throw errors of ours; the signal aborts when the caller leaves or its deadline passes. */
export interface QueryHandlers {
  pin(call: ShardCall & { readonly minimum: OffsetVector | undefined }, signal: AbortSignal): Promise<OffsetVector>
  partial(call: PartialCall, signal: AbortSignal): Promise<PartialReply>
  export(call: PartialCall, signal: AbortSignal): AsyncIterable<ExportChunk>
}

export function queryService(logger: Logger, handlers: QueryHandlers): RpcService {
  const implementation = {
    pin: unary(logger, async ({ cluster, shard, routingEpoch, minimum }: PinRequest, signal) => {
      const wanted = minimum && vectorFromMessage(minimum)
      return { at: vectorToMessage(await handlers.pin({ cluster, shard, routingEpoch, minimum: wanted }, signal)) }
    }),
    partial: unary(logger, async (request: PartialRequest, signal) => {
      const { partial, at, pending } = await handlers.partial(callOf(request), signal)
      return {
        partial: Buffer.from(partial.buffer, partial.byteOffset, partial.length),
        at: vectorToMessage(at),
        pending,
      }
    }),
    export: streaming(logger, (request: ExportRequest, signal) => handlers.export(callOf(request), signal)),
  }
  return { definition: QueryService, implementation }
}

function callOf({ cluster, shard, routingEpoch, at, request }: PartialRequest | ExportRequest): PartialCall {
  return { cluster, shard, routingEpoch, at: vectorFromMessage(at), request }
}
