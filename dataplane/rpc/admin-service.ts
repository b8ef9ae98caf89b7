/**
 * The `Admin` service of any role: what the operator, other replicas and people may ask.
 *
 * A role gives the parts that it has; asking for another is UNIMPLEMENTED by gRPC itself. Commands are
 * fenced by the leader's term before a part sees them.
 */
import type {
  CutNowRequest,
  CutNowResponse,
  DigestRangeRequest,
  DigestRangeResponse,
  DistrustRequest,
  DrainRequest,
  PushAccessRequest,
  PushRoutingMapRequest,
  PushSettingsRequest,
  ShardStatus,
  StatusResponse,
} from '../../proto/generated/anabranch/v1/admin.ts'
import { AdminService } from '../../proto/generated/anabranch/v1/admin.ts'
import type { Logger } from '../core/ports.ts'
import type { LeaderTerm } from './leader-term.ts'
import { type RpcService, unary } from './server.ts'

/** What every process has, whatever its role. */
export interface AdminContext {
  readonly logger: Logger
  readonly version: string
  /** Who this process is, for whoever found it by address; empty: nobody said. */
  readonly instance: string
  readonly leaderTerm: LeaderTerm
  readonly settings: { readonly version: number; push(text: string): number }
}

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

export function adminService(context: AdminContext, parts: AdminParts): RpcService {
  const { logger, leaderTerm, settings } = context
  const { pushRoutingMap, pushAccess, cutNow, digestRange, distrust } = parts
  /** A handler of a command: the term first. */
  const command = <Request extends { leaderTerm: number }, Response>(
    verb: string,
    handle: (request: Request, signal: AbortSignal) => Promise<Response>,
  ) =>
    unary(logger, async (request: Request, signal) => {
      leaderTerm.admit(request.leaderTerm, verb)
      return handle(request, signal)
    })
  const implementation = {
    status: unary(logger, async () => statusOf(context, parts)),
    drain: command('drain', async (_request: DrainRequest) => {
      await parts.drain()
      return {}
    }),
    pushSettings: command('push of settings', async (request: PushSettingsRequest) => ({
      settingsVersion: settings.push(request.settings.toString()),
    })),
    ...(pushRoutingMap && {
      pushRoutingMap: command('push of the routing map', async ({ map }: PushRoutingMapRequest) => ({
        routingEpoch: pushRoutingMap(map.toString()),
      })),
    }),
    ...(pushAccess && {
      pushAccess: command('push of the access table', async ({ access }: PushAccessRequest) => ({
        accessVersion: pushAccess(access.toString()),
      })),
    }),
    ...(cutNow && { cutNow: command('cut', ({ shard }: CutNowRequest, signal) => cutNow(shard, signal)) }),
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

function statusOf({ version, instance, leaderTerm, settings }: AdminContext, parts: AdminParts): StatusResponse {
  return {
    role: parts.role,
    ...parts.status(),
    version,
    routingEpoch: parts.routingEpoch?.() ?? 0,
    accessVersion: parts.accessVersion?.() ?? 0,
    shards: [...(parts.shards?.() ?? [])],
    settingsVersion: settings.version,
    leaderTerm: leaderTerm.highest,
    instance,
  }
}
