/**
 * The `Admin` service of any role: what the operator, other replicas and people may ask.
 *
 * A role gives the parts that it has; asking for another is UNIMPLEMENTED by gRPC itself.
 */
import type {
  CutNowResponse,
  DigestRangeRequest,
  DigestRangeResponse,
  DistrustRequest,
  ShardStatus,
} from '../../proto/generated/anabranch/v1/admin.ts'
import { AdminService } from '../../proto/generated/anabranch/v1/admin.ts'
import type { Logger } from '../core/ports.ts'
import { type RpcService, unary } from './server.ts'

export interface AdminParts {
  readonly role: string
  status(): { readonly state: string; readonly reason: string }
  drain(): Promise<void>
  readonly shards?: () => readonly ShardStatus[]
  readonly routingEpoch?: () => number
  readonly accessVersion?: () => number
  /** Answers with the epoch in force. Throws `UserError` for a map that is wrong. */
  readonly pushRoutingMap?: (map: string) => number
  readonly pushAccess?: (table: string) => number
  readonly cutNow?: (shard: string, signal: AbortSignal) => Promise<CutNowResponse>
  readonly digestRange?: (request: DigestRangeRequest, signal: AbortSignal) => Promise<DigestRangeResponse>
  readonly distrust?: (request: DistrustRequest) => void
}

export function adminService(context: { logger: Logger; version: string }, parts: AdminParts): RpcService {
  const { logger, version } = context
  const { pushRoutingMap, pushAccess, cutNow, digestRange, distrust } = parts
  const implementation = {
    status: unary(logger, async () => ({
      role: parts.role,
      ...parts.status(),
      version,
      routingEpoch: parts.routingEpoch?.() ?? 0,
      accessVersion: parts.accessVersion?.() ?? 0,
      shards: [...(parts.shards?.() ?? [])],
    })),
    drain: unary(logger, async () => {
      await parts.drain()
      return {}
    }),
    ...(pushRoutingMap && {
      pushRoutingMap: unary(logger, async ({ map }: { map: Buffer }) => ({
        routingEpoch: pushRoutingMap(map.toString()),
      })),
    }),
    ...(pushAccess && {
      pushAccess: unary(logger, async ({ access }: { access: Buffer }) => ({
        accessVersion: pushAccess(access.toString()),
      })),
    }),
    ...(cutNow && { cutNow: unary(logger, ({ shard }: { shard: string }, signal) => cutNow(shard, signal)) }),
    ...(digestRange && { digestRange: unary(logger, digestRange) }),
    ...(distrust && {
      distrust: unary(logger, async (request: DistrustRequest) => {
        distrust(request)
        return {}
      }),
    }),
  }
  return { definition: AdminService, implementation }
}
