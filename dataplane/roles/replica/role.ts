/**
 * The `replica` role: one replica of one shard. Reads the log, answers partial queries, cuts when it is the
 * primary, adopts and audits the cuts of others (AUD-1).
 */
import { z } from 'zod'
import { shardLimits } from '../../core/limits.ts'
import type { ObjectStore } from '../../core/ports.ts'
import { readFile } from '../../core/read-file.ts'
import { RoutingHolder } from '../../routing/holder.ts'
import { parseRoutingMap } from '../../routing/map.ts'
import { adminService } from '../../rpc/admin-service.ts'
import { plainText } from '../../rpc/credentials.ts'
import { queryService } from '../../rpc/query-service.ts'
import { connectLog, type RemoteLog } from '../../rpc/remote-log.ts'
import { serve } from '../../rpc/server.ts'
import { CachedStore } from '../../storage/object/cached-store.ts'
import { FolderStore } from '../../storage/object/folder-store.ts'
import { address, text, whole } from '../flags.ts'
import type { Role, RoleContext, RunningRole } from '../role.ts'
import { adminParts } from './admin.ts'
import { Auditor } from './auditor.ts'
import { ReplicaHost } from './host.ts'
import { Lag } from './lag.ts'
import { divergenceCounter, replicaMetrics } from './metrics.ts'
import { remotePeers } from './peers.ts'
import { ReplicaQueries } from './queries.ts'

const flags = z.object({
  shard: text().describe('id of the shard in the routing map'),
  name: text().describe('name of this replica in the routing map'),
  routingMap: text().describe('file of the routing map at the start; newer ones are pushed'),
  log: address().describe('address of the log role'),
  storeFolder: text().describe('folder of the object store, shared by all replicas'),
  cacheFolder: text().optional().describe('folder for copies of segments on the local volume; none by default'),
  cacheBytesMax: whole(1, Number.MAX_SAFE_INTEGER)
    .default(10 * 1024 ** 3)
    .describe('bytes that the cache folder may hold'),
  segmentsMax: whole(1, 1_000_000)
    .default(2_000)
    .describe('segments of a shard above which it is reported: compaction does not keep up'),
  grpcPort: whole(0, 65_535).default(7000).describe('port of the Query and Admin services; 0 picks a free one'),
  cutAgeMs: whole(100, 86_400_000).default(shardLimits.cutAgeMs).describe('ms after which the tail is cut'),
  segmentRowsMax: whole(1, 4_194_304).default(shardLimits.segmentRowsMax).describe('rows at which the tail is cut'),
  filterBytesMax: whole(1024, Number.MAX_SAFE_INTEGER)
    .default(96 * 1024 * 1024)
    .describe('bytes of filters above which those of days that are quiet are dropped, and built again when one is not'),
  followMs: whole(10, 3_600_000).default(shardLimits.followMs).describe('ms between looks for a newer manifest'),
  queryDeadlineMs: whole(100, 600_000)
    .default(shardLimits.queryDeadlineMs)
    .describe('ms that a query may run, and for which older vectors can be asked for'),
  queriesAtOnce: whole(1, 64).default(3).describe('queries that run at a time; others wait, projects take turns'),
  exportDeadlineMs: whole(100, 86_400_000).default(3_600_000).describe('ms that an export may run'),
})

/** Running calls may take so long after a drain began; the frame's bound is above it. */
const callGraceMs = 10_000
/** ms that an append of a replica may take: it makes none. */
const appendTimeoutMs = 1_000

export const replicaRole: Role<typeof flags> = {
  name: 'replica',
  summary: 'one replica of one shard: reads the log, answers queries, cuts segments',
  flags,
  async start(context, options): Promise<RunningRole> {
    const { clock, logger } = context
    const mapText = Buffer.from(await readFile(context.disk, options.routingMap)).toString()
    const routing = new RoutingHolder(parseRoutingMap(mapText, options.routingMap))
    const logs: RemoteLog[] = []
    const folder = new FolderStore(context.disk, options.storeFolder, context.random)
    const cache = await cacheOf(context, { ...options, store: folder })
    const ports = hostPorts(context, { store: cache ?? folder, log: options.log, logs })
    const divergences = divergenceCounter([context.metrics])
    const auditor = new Auditor({
      ports,
      peers: remotePeers(routing, { ...options, clock }),
      clock,
      diverged: () => divergences.inc(),
    })
    const host = new ReplicaHost(ports, routing, {
      auditor,
      shard: options.shard,
      name: options.name,
      limits: {
        cutAgeMs: options.cutAgeMs,
        segmentRowsMax: options.segmentRowsMax,
        followMs: options.followMs,
        filterBytesMax: options.filterBytesMax,
        queryDeadlineMs: options.queryDeadlineMs,
      },
    })
    context.settings.apply(({ cut: { maxAgeSeconds, maxRows } }) =>
      host.retune({
        cutAgeMs: maxAgeSeconds === undefined ? options.cutAgeMs : maxAgeSeconds * 1000,
        segmentRowsMax: maxRows ?? options.segmentRowsMax,
      }),
    )
    const { queryDeadlineMs, exportDeadlineMs, queriesAtOnce } = options
    const lag = new Lag(clock, () => host.current)
    const metrics = replicaMetrics([context.metrics], { host, lag, cache, segmentsMax: options.segmentsMax })
    const queries = new ReplicaQueries({
      ...{ host, routing, clock, metrics, queryDeadlineMs, exportDeadlineMs, queriesAtOnce },
      damaged: (object) => void cache?.drop(object),
    })
    const leaving = new AbortController()
    let isDraining = false
    const status = () => (isDraining ? ({ state: 'draining', reason: 'asked to drain' } as const) : host.status)
    const drain = async () => {
      isDraining = true
    }
    const server = await serve(
      [queryService(logger, queries), adminService(context, { ...adminParts({ host, lag }, routing), status, drain })],
      { host: options.host, port: options.grpcPort, credentials: plainText, clock },
    )
    const running = Promise.all([host.run(leaving.signal), lag.watch(leaving.signal)])
    return {
      status,
      endpoints: { grpc: `${options.host}:${server.port}` },
      async drain() {
        isDraining = true
        await server.stop(callGraceMs)
        leaving.abort(new Error('the replica drains'))
        await running
        for (const log of logs) await log.close()
        await cache?.close()
        await folder.close()
      },
    }
  },
}

async function cacheOf(
  { disk, logger }: RoleContext,
  { store, cacheFolder: folder, cacheBytesMax: bytesMax }: z.infer<typeof flags> & { store: ObjectStore },
): Promise<CachedStore | undefined> {
  return folder === undefined ? undefined : CachedStore.open({ store, disk, folder, bytesMax, logger })
}

function hostPorts(
  { clock, random, logger, background }: RoleContext,
  { store, log: address, logs }: { store: ObjectStore; log: string; logs: RemoteLog[] },
) {
  return {
    store,
    clock,
    random,
    logger,
    background,
    async connectLog() {
      const log = await connectLog({ address, credentials: plainText, clock, logger, appendTimeoutMs })
      logs.push(log)
      return log
    },
  }
}
