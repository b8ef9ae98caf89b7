/**
 * Ingest over HTTP in this process: the real endpoints and server over a log in memory, its clock set by the test.
 */
import { Registry } from 'prom-client'
import { AccessHolder } from '../../dataplane/access/holder.ts'
import { parseAccessTable } from '../../dataplane/access/table.ts'
import type { Clock, LogWriter } from '../../dataplane/core/ports.ts'
import type { HttpLimits } from '../../dataplane/http/limits.ts'
import { type HttpServer, serveHttp } from '../../dataplane/http/server.ts'
import { decodeEvents } from '../../dataplane/log/record/events.ts'
import { openRecord } from '../../dataplane/log/record/open.ts'
import { ingestEndpoints } from '../../dataplane/roles/ingest/endpoints.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { realRandom } from '../../dataplane/runtime/random.ts'
import type { Event } from '../../dataplane/schema/event.ts'
import { MemoryLog } from './memory-log.ts'

/** 2026-01-01T00:00:00Z. */
export const now = 1_767_225_600_000

/** Tokens, users and secrets of the table below. */
export const tokens = {
  shop: 'shop-ingest-token',
  shopQuery: 'shop-query-token',
  blog: 'blog-ingest-token',
  slow: 'slow-ingest-token',
} as const
export const account = { user: 'importer', secret: 'importer-secret' } as const

export const accessTable = {
  version: 1,
  projects: [
    {
      id: 'shop',
      tokens: [
        { name: 'web', access: 'Ingest', token: tokens.shop },
        { name: 'reports', access: 'Query', token: tokens.shopQuery },
      ],
    },
    { id: 'blog', spread: 0, tokens: [{ name: 'web', access: 'Ingest', token: tokens.blog }] },
    {
      id: 'slow',
      tokens: [{ name: 'web', access: 'Ingest', token: tokens.slow }],
      quotas: { ingestEventsPerSecond: 1 },
    },
  ],
  serviceAccounts: [{ ...account, projects: ['shop'], access: ['Ingest'] }],
}

export interface IngestServer {
  readonly port: number
  readonly url: string
  readonly metrics: Registry
  /** Everything in the log. */
  events(): Promise<Event[]>
  away(): string | undefined
  stop(): Promise<void>
}

export interface IngestServerOptions {
  readonly log?: LogWriter
  readonly clock?: Partial<Clock>
  readonly heldBytesMax?: number
  readonly trustedProxies?: number
  /** The table of the tests by default. */
  readonly access?: object
  readonly limits?: Partial<HttpLimits>
  /** PEM; HTTPS where given. */
  readonly tls?: { readonly certificate: string; readonly key: string }
}

const silent = { info: () => {}, warn: () => {}, error: () => {} }

export async function startIngest(options: IngestServerOptions = {}): Promise<IngestServer> {
  const log = options.log ?? new MemoryLog(4)
  const clock: Clock = { ...realClock, now: () => now, ...options.clock }
  const metrics = new Registry()
  const endpoints = ingestEndpoints({
    context: { clock, random: realRandom, logger: silent, metrics },
    log: withGeneration(log),
    access: new AccessHolder(
      parseAccessTable(JSON.stringify(options.access ?? accessTable), 'access table of the test'),
    ),
    trustedProxies: options.trustedProxies ?? 0,
    ...(options.heldBytesMax !== undefined && { limits: { heldBytesMax: options.heldBytesMax } }),
  })
  const server: HttpServer = await serveHttp({
    ...{ host: '127.0.0.1', port: 0, clock: realClock, logger: silent },
    handle: endpoints.handle,
    limits: options.limits ?? {},
    ...(options.tls && {
      tls: { certificate: Buffer.from(options.tls.certificate), key: Buffer.from(options.tls.key) },
    }),
  })
  return {
    port: server.port,
    url: `http${options.tls ? 's' : ''}://127.0.0.1:${server.port}`,
    metrics,
    events: () => eventsOf(log),
    away: endpoints.away,
    async stop() {
      await server.stop(0)
      await endpoints.close()
    },
  }
}

export async function eventsOf(log: LogWriter): Promise<Event[]> {
  const events: Event[] = []
  for (let partition = 0; partition < log.partitions; partition++) {
    for (let offset = 0; offset < (await log.end(partition)); ) {
      for (const entry of await log.read(partition, offset, 1 << 20)) {
        const record = openRecord(entry.bytes, `partition ${partition} offset ${entry.offset}`)
        for (const { event } of decodeEvents(record, entry.offset)) events.push(event)
        offset = entry.offset + 1
      }
    }
  }
  return events
}

/** `Authorization` for a token, or for a user and a secret. */
export function basic(user: string, secret = ''): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` }
}

function withGeneration(log: LogWriter): LogWriter & { readonly generation: number } {
  return {
    generation: 1,
    partitions: log.partitions,
    append: (partition, record) => log.append(partition, record),
    start: (partition) => log.start(partition),
    end: (partition) => log.end(partition),
    read: (partition, offset, bytesMax) => log.read(partition, offset, bytesMax),
    waitPast: (partition, offset, signal) => log.waitPast(partition, offset, signal),
    trim: (partition, offset) => log.trim(partition, offset),
    close: () => log.close(),
  }
}
