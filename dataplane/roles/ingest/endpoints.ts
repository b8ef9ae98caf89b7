/**
 * All of ingest behind one handler: what the role serves and what tests call without a process.
 */
import type { AccessHolder } from '../../access/holder.ts'
import type { LogWriter } from '../../core/ports.ts'
import type { HttpReply } from '../../http/reply.ts'
import type { HttpRequest } from '../../http/request.ts'
import { routed } from '../../http/routes.ts'
import { Ingest } from '../../ingest/ingest.ts'
import { MintedIds } from '../../ingest/minted-ids.ts'
import type { RoleContext } from '../role.ts'
import { Delivery } from './delivery.ts'
import { HeldBytes } from './held-bytes.ts'
import { importRoute } from './import.ts'
import { type IngestHttpLimits, ingestHttpLimits } from './limits.ts'
import { LogWatch } from './log-watch.ts'
import { ingestMetrics } from './metrics.ts'
import { notProvidedRoutes } from './not-provided.ts'
import { RateLimits } from './rate-limits.ts'
import { trackRoute } from './sdk.ts'
import type { IngestService } from './service.ts'
import { Spreads } from './spreads.ts'

export interface IngestEndpointsOptions {
  readonly context: Pick<RoleContext, 'clock' | 'random' | 'logger' | 'metrics'>
  readonly log: LogWriter & { readonly generation: number }
  readonly access: AccessHolder
  readonly trustedProxies: number
  readonly limits?: Partial<Pick<IngestHttpLimits, 'heldBytesMax'>>
}

export interface IngestEndpoints {
  /** Never rejects. */
  handle(request: HttpRequest): Promise<HttpReply>
  /** Why the log is away; `undefined` while it is there. */
  away(): string | undefined
  /** Makes durable what was accepted; resolves when nothing is under way. Does not close the log. */
  close(): Promise<void>
}

export function ingestEndpoints(options: IngestEndpointsOptions): IngestEndpoints {
  const { context, log, access, trustedProxies } = options
  const { clock, logger } = context
  const heldBytesMax = options.limits?.heldBytesMax ?? ingestHttpLimits.heldBytesMax
  const held = new HeldBytes(heldBytesMax, clock)
  const metrics = ingestMetrics(context.metrics, held)
  const spreads = new Spreads()
  const ingest = new Ingest({
    ...{ log, clock, generation: log.generation, spreadOf: (project: string) => spreads.of(project) },
    // Memory is bounded by the held bytes, which count what waits here too.
    limits: { queueBytesMax: heldBytesMax },
  })
  const watch = new LogWatch(log, clock, logger)
  const delivery = new Delivery({ ingest, clock, watch, retried: () => metrics.retries.inc() })
  const service: IngestService = {
    ...{ access, clock, delivery, held, metrics, spreads, trustedProxies },
    ids: new MintedIds(context.random),
    rates: new RateLimits(clock),
  }
  const routes = [importRoute(service), trackRoute(service), ...notProvidedRoutes]
  const handle = routed(routes, {
    clock,
    logger,
    served({ path, status, ms }) {
      metrics.requests.inc({ path, status })
      metrics.duration.observe({ path }, ms / 1000)
    },
  })
  return {
    handle,
    away: () => watch.away,
    async close() {
      await watch.stop()
      await ingest.close()
    },
  }
}
