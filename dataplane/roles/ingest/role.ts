/**
 * The `ingest` role: events in over HTTP, validated, placed, appended to the log, acknowledged when durable.
 *
 * Upholds ING-1, and ING-2 by never knowing of shards. It keeps nothing: any number of them may run
 * side by side, and killing one loses only what was not acknowledged.
 */
import { z } from 'zod'
import { AccessHolder } from '../../access/holder.ts'
import { parseAccessTable } from '../../access/table.ts'
import { readFile } from '../../core/read-file.ts'
import { serveHttp } from '../../http/server.ts'
import { adminService } from '../../rpc/admin-service.ts'
import { plainText } from '../../rpc/credentials.ts'
import { connectLog, type RemoteLog } from '../../rpc/remote-log.ts'
import { serve } from '../../rpc/server.ts'
import { address, text, whole } from '../flags.ts'
import type { Role, RoleContext, RoleStatus, RunningRole } from '../role.ts'
import { readTlsFiles } from '../tls-files.ts'
import { ingestEndpoints } from './endpoints.ts'

const flags = z.object({
  log: address().describe('address of the log role'),
  accessTable: text().describe('file of projects, tokens and service accounts at the start; newer ones are pushed'),
  httpPort: whole(0, 65_535).default(8080).describe('port of the HTTP endpoints; 0 picks a free one'),
  grpcPort: whole(0, 65_535).default(7000).describe('port of the Admin service; 0 picks a free one'),
  tlsCertFile: text().optional().describe('PEM file of the certificate chain; HTTPS where given, with its key'),
  tlsKeyFile: text().optional().describe('PEM file of the key of the certificate'),
  trustedProxies: whole(0, 16)
    .default(0)
    .describe('proxies in front that add to X-Forwarded-For; matters for events without a user and ip=1'),
  httpLingerMs: whole(0, 10_000)
    .default(0)
    .describe('ms after SIGTERM in which requests are still taken, until everybody knows that this process goes'),
  requestTimeoutMs: whole(100, 600_000).default(30_000).describe('ms that a request may take to arrive'),
})

/** Running requests may take so long after a drain began; the frame's bound is above it. */
const requestGraceMs = 15_000
const callGraceMs = 2_000
const appendTimeoutMs = 5_000
const connectRetryMs = 500

export const ingestRole: Role<typeof flags> = {
  name: 'ingest',
  summary: 'takes events over HTTP: /import, /track',
  flags,
  async start(context, options): Promise<RunningRole> {
    const { clock, disk, logger } = context
    const table = await readFile(disk, options.accessTable)
    const access = new AccessHolder(parseAccessTable(Buffer.from(table).toString(), options.accessTable))
    const tls = await readTlsFiles(disk, options)
    const log = await connect(context, options.log)
    const endpoints = ingestEndpoints({ context, log, access, trustedProxies: options.trustedProxies })
    let draining: RoleStatus | undefined
    const drain = () => {
      draining = { state: 'draining', reason: 'asked to drain' }
    }
    const status = (): RoleStatus => {
      if (draining !== undefined) return draining
      const away = endpoints.away()
      return away === undefined ? { state: 'serving', reason: '' } : { state: 'stuck', reason: away }
    }
    const { host } = options
    const http = await serveHttp({
      ...{ host, port: options.httpPort, clock, logger, handle: endpoints.handle },
      ...(tls && { tls }),
      limits: { requestTimeoutMs: options.requestTimeoutMs },
    })
    const admin = adminService(context, {
      role: 'ingest',
      status,
      drain: async () => drain(),
      accessVersion: () => access.version,
      pushAccess: (text) => access.push(text),
    })
    const grpc = await serve([admin], { host, port: options.grpcPort, credentials: plainText, clock })
    return {
      status,
      endpoints: { [tls ? 'https' : 'http']: `${host}:${http.port}`, grpc: `${host}:${grpc.port}` },
      async drain() {
        drain()
        await http.stop(requestGraceMs, options.httpLingerMs)
        await endpoints.close()
        await log.close()
        await grpc.stop(callGraceMs)
      },
    }
  },
}

/** Waits for the log as long as it takes: the order in which processes start must not matter. */
async function connect({ clock, logger }: RoleContext, at: string): Promise<RemoteLog> {
  for (;;) {
    try {
      return await connectLog({ address: at, credentials: plainText, clock, logger, appendTimeoutMs })
    } catch (error) {
      logger.warn('the log does not answer yet; trying again', { address: at, error })
      await clock.sleep(connectRetryMs)
    }
  }
}
