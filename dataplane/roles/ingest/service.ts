/**
 * What every endpoint of ingest needs: who may send, how much, and where events go.
 *
 * Owns the way of one request: a share of the memory, its body, its count against quotas, its
 * delivery, its share given back. The endpoints own dialects.
 */
import type { AccessHolder } from '../../access/holder.ts'
import type { ProjectAccess } from '../../access/table.ts'
import type { Clock } from '../../core/ports.ts'
import { readBody } from '../../http/body.ts'
import type { HttpRequest } from '../../http/request.ts'
import { type AcceptedEvents, countOf } from '../../ingest/ingest.ts'
import type { MintedIds } from '../../ingest/minted-ids.ts'
import type { Delivery } from './delivery.ts'
import type { HeldBytes, HeldShare } from './held-bytes.ts'
import { ingestHttpLimits } from './limits.ts'
import type { IngestMetrics } from './metrics.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Spreads } from './spreads.ts'

export interface IngestService {
  readonly access: AccessHolder
  readonly clock: Clock
  readonly delivery: Delivery
  readonly held: HeldBytes
  readonly ids: MintedIds
  readonly metrics: IngestMetrics
  readonly rates: RateLimits
  readonly spreads: Spreads
  /** Proxies in front of it, each of which adds the address that it saw to `X-Forwarded-For`. */
  readonly trustedProxies: number
}

/** Runs `work` with a share of the memory that is given back when its reply is there. */
export async function withShare<Result>(
  service: IngestService,
  work: (share: HeldShare) => Promise<Result>,
): Promise<Result> {
  const share = service.held.share()
  try {
    return await work(share)
  } finally {
    share.release()
  }
}

/** Throws as `readBody`. */
export async function receive(service: IngestService, request: HttpRequest, share: HeldShare): Promise<Buffer> {
  const { reserve, slow } = share
  const body = await readBody(request, { bytesMax: ingestHttpLimits.bodyBytesMax, reserve, signal: slow })
  share.received()
  service.metrics.bodyBytes.inc(body.length)
  return body
}

export interface Accepted {
  readonly events: AcceptedEvents
  /** Of the body. */
  readonly bytes: number
  readonly projects: Iterable<ProjectAccess>
}

/** Makes events durable. Throws `UnavailableError`. */
export async function store(service: IngestService, { events, bytes, projects }: Accepted): Promise<void> {
  const count = countOf(events)
  if (count === 0) return
  for (const project of projects) service.spreads.learn(project)
  await service.delivery.deliver({ events, bytes })
  service.metrics.events.inc({ result: 'stored' }, count)
}
