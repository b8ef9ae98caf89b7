/**
 * The `query` role: queries over HTTP, answered by one replica of each shard (QRY-1, QRY-2).
 *
 * It keeps nothing: any number may run side by side.
 */
import { z } from 'zod'
import { AccessHolder } from '../../access/holder.ts'
import { parseAccessTable } from '../../access/table.ts'
import { shardLimits } from '../../core/limits.ts'
import { readFile } from '../../core/read-file.ts'
import { isInternal } from '../../http/failure.ts'
import { type Route, routed } from '../../http/routes.ts'
import { serveHttp } from '../../http/server.ts'
import { RoutingHolder } from '../../routing/holder.ts'
import { parseRoutingMap } from '../../routing/map.ts'
import { adminService } from '../../rpc/admin-service.ts'
import { plainText } from '../../rpc/credentials.ts'
import { connectReplica } from '../../rpc/remote-replica.ts'
import { serve } from '../../rpc/server.ts'
import { text, whole } from '../flags.ts'
import type { Role, RoleContext, RoleStatus, RunningRole } from '../role.ts'
import { readTlsFiles } from '../tls-files.ts'
import { Admission } from './admission.ts'
import { ExportRates } from './export-rates.ts'
import { queryMetrics } from './metrics.ts'
import { queryRoute } from './query-route.ts'
import { rawExportRoute } from './raw-export-route.ts'
import { Replicas } from './replicas.ts'
import { errorReply } from './replies.ts'
import type { QueryService } from './service.ts'

const flags = z.object({
  routingMap: text().describe('file of the routing map at the start; newer ones are pushed'),
  accessTable: text().describe('file of projects, tokens and service accounts at the start; newer ones are pushed'),
  httpPort: whole(0, 65_535).default(8080).describe('port of the HTTP endpoints; 0 picks a free one'),
  grpcPort: whole(0, 65_535).default(7000).describe('port of the Admin service; 0 picks a free one'),
  tlsCertFile: text().optional().describe('PEM file of the certificate chain; HTTPS where given, with its key'),
  tlsKeyFile: text().optional().describe('PEM file of the key of the certificate'),
  httpLingerMs: whole(0, 10_000)
    .default(0)
    .describe('ms after SIGTERM in which requests are still taken, until everybody knows that this process goes'),
  queryDeadlineMs: whole(10, 600_000)
    .default(shardLimits.queryDeadlineMs - 5_000)
    .describe('ms that a query may take; below the same flag of the replicas'),
  concurrentQueries: whole(1, 10_000)
    .default(20)
    .describe('queries at a time of a project without a quota of its own; more are answered with 429'),
})

/** A query document is small; ten thousand values of a filter fit. */
const documentBytesMax = 4 * 1024 * 1024
/** Running requests may take so long after a drain began; the frame's bound is above it. */
const requestGraceMs = 20_000
const callGraceMs = 2_000

export const queryRole: Role<typeof flags> = {
  name: 'query',
  summary: 'answers queries and exports over HTTP',
  flags,
  async start(context, options): Promise<RunningRole> {
    const { clock, disk, logger, random } = context
    const read = async (path: string) => Buffer.from(await readFile(disk, path)).toString()
    const access = new AccessHolder(parseAccessTable(await read(options.accessTable), options.accessTable))
    const routing = new RoutingHolder(parseRoutingMap(await read(options.routingMap), options.routingMap))
    const connect = (address: string) => connectReplica({ address, credentials: plainText, clock })
    const replicas = new Replicas({ clock, random, connect })
    routing.onChange((map) => replicas.follow(map))
    const service: QueryService = {
      access,
      routing,
      fan: { clock, replicas, metrics: queryMetrics([context.metrics]) },
      admission: new Admission({ clock, concurrentQueries: options.concurrentQueries }),
      exportRates: new ExportRates(clock),
      limits: { queryDeadlineMs: options.queryDeadlineMs, documentBytesMax },
    }
    let status: RoleStatus = { state: 'serving', reason: '' }
    const drain = () => {
      status = { state: 'draining', reason: 'asked to drain' }
    }
    const tls = await readTlsFiles(disk, options)
    const { host } = options
    const handle = handlerOf(context, service)
    const http = await serveHttp({ ...{ host, port: options.httpPort, clock, logger, handle }, ...(tls && { tls }) })
    const admin = adminService(context, {
      role: 'query',
      status: () => status,
      drain: async () => drain(),
      routingEpoch: () => routing.map.routingEpoch,
      accessVersion: () => access.version,
      pushRoutingMap: (map) => routing.push(map),
      pushAccess: (table) => access.push(table),
    })
    const grpc = await serve([admin], { host, port: options.grpcPort, credentials: plainText, clock })
    return {
      status: () => status,
      endpoints: { [tls ? 'https' : 'http']: `${host}:${http.port}`, grpc: `${host}:${grpc.port}` },
      async drain() {
        drain()
        await http.stop(requestGraceMs, options.httpLingerMs)
        await grpc.stop(callGraceMs)
        replicas.close()
      },
    }
  },
}

function handlerOf({ clock, logger }: RoleContext, service: QueryService) {
  const { requests, duration } = service.fan.metrics
  const routes: Route[] = [queryRoute(service), rawExportRoute(service)]
  return routed(
    routes.map((route) => withErrors(route, logger)),
    {
      clock,
      logger,
      served({ path, status, ms }) {
        requests.inc({ endpoint: path, status })
        duration.observe({ endpoint: path }, ms / 1000)
      },
    },
  )
}

/** Errors in the form of the native API, with their code. */
function withErrors(route: Route, logger: RoleContext['logger']): Route {
  return {
    ...route,
    async handle(request) {
      try {
        return await route.handle(request)
      } catch (error) {
        if (isInternal(error)) logger.error('a request failed', { path: route.path, error })
        return errorReply(error)
      }
    },
  }
}
