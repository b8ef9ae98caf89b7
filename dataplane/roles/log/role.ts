/**
 * The `log` role: serves a FileLog, the embedded default, to ingest pods and shard replicas.
 *
 * Upholds ING-1 for whoever appends: an answer means durable. One writer: a second process on the same
 * folder fences this one, which finds out within a second, is `stuck` then, refuses everything and ends its connections,
 * so that nobody waits for records that another writer gets.
 */
import { Counter, Histogram } from 'prom-client'
import { z } from 'zod'
import { UnavailableError, unavailable } from '../../../common/errors/errors.ts'
import type { Clock, LogWriter } from '../../core/ports.ts'
import type { FileLog } from '../../log/file-log/file-log.ts'
import { openFileLog } from '../../log/file-log/open.ts'
import { adminService } from '../../rpc/admin-service.ts'
import { plainText } from '../../rpc/credentials.ts'
import { logService } from '../../rpc/log-service.ts'
import { serve } from '../../rpc/server.ts'
import { text, whole } from '../flags.ts'
import type { Role, RoleContext, RoleStatus, RunningRole } from '../role.ts'
import { watchHealth } from './health.ts'

const flags = z.object({
  logFolder: text().describe('folder of the log; made when absent'),
  grpcPort: whole(0, 65_535).default(7000).describe('port of the Log and Admin services; 0 picks a free one'),
  partitions: whole(1, 4096)
    .default(64)
    .describe('partitions of a new log, a power of two; an existing log keeps its own'),
})

/** Running calls may take so long after a drain began; the frame's bound is above it. */
const callGraceMs = 10_000
const checkEveryMs = 1_000
/** Time for answers to calls that a fenced log still runs. */
const fencedGraceMs = 1_000

export const logRole: Role<typeof flags> = {
  name: 'log',
  summary: 'serves the embedded file log: append, read, follow',
  flags,
  async start(context, options): Promise<RunningRole> {
    const { log } = await openFileLog(context, {
      folder: options.logFolder,
      partitions: options.partitions,
      generation: 1,
    })
    const leaving = new AbortController()
    let state: RoleStatus = serving
    let fenced: UnavailableError | undefined
    const healthy = (failure: UnavailableError | undefined) => {
      if (state.state !== 'draining')
        state = failure === undefined ? serving : { state: 'stuck', reason: failure.message }
      if (failure?.code !== 'LOG_FENCED' || fenced !== undefined) return
      fenced = failure
      context.logger.error('another process has taken the log over', { error: failure })
      server.dropConnections(fencedGraceMs)
    }
    const watched = refusing(watch(log, context, healthy), () => fenced)
    const admit = () => {
      if (state.state === 'draining') unavailable('LOG_UNAVAILABLE', `${options.logFolder}: the log role is leaving`)
    }
    const drain = () => {
      state = { state: 'draining', reason: 'asked to drain' }
    }
    const server = await serve(
      [
        logService({ log: watched, generation: 1, logger: context.logger, admit, leaving: leaving.signal }),
        adminService(context, { role: 'log', status: () => state, drain: async () => drain() }),
      ],
      { host: options.host, port: options.grpcPort, credentials: plainText, clock: context.clock },
    )
    const checking = watchHealth(log, { clock: context.clock, everyMs: checkEveryMs, tell: healthy }, leaving.signal)
    return {
      status: () => state,
      endpoints: { grpc: `${options.host}:${server.port}` },
      async drain() {
        drain()
        leaving.abort()
        await checking
        await server.stop(callGraceMs)
        await log.close()
      },
    }
  },
}

const serving: RoleStatus = { state: 'serving', reason: '' }

/** The log, which answers nothing once `fenced` gives an error. */
function refusing(log: LogWriter, fenced: () => UnavailableError | undefined): LogWriter {
  const ask = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    const error = fenced()
    if (error !== undefined) throw error
    return call()
  }
  return {
    partitions: log.partitions,
    append: (partition, record) => ask(() => log.append(partition, record)),
    start: (partition) => ask(() => log.start(partition)),
    end: (partition) => ask(() => log.end(partition)),
    read: (partition, offset, bytesMax) => ask(() => log.read(partition, offset, bytesMax)),
    waitPast: (partition, offset, signal) => ask(() => log.waitPast(partition, offset, signal)),
    trim: (partition, offset) => ask(() => log.trim(partition, offset)),
    close: () => log.close(),
  }
}

/** The log with its appends counted and timed; `failed` is told why when one was not made durable. */
function watch(log: FileLog, { metrics, clock }: RoleContext, failed: (failure: UnavailableError) => void): LogWriter {
  const appended = new Counter({
    name: 'anabranch_log_appended_bytes_total',
    help: 'Bytes of records made durable.',
    registers: [metrics],
  })
  const duration = new Histogram({
    name: 'anabranch_log_append_duration_seconds',
    help: 'Time from an append to its durability.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
    registers: [metrics],
  })
  new Counter({
    name: 'anabranch_log_fsyncs_total',
    help: 'Groups of appends made durable, each with one fsync.',
    registers: [metrics],
    collect() {
      this.reset()
      this.inc(log.groups)
    },
  })
  const failures = new Counter({
    name: 'anabranch_log_append_failures_total',
    help: 'Appends that were not made durable, by error code.',
    labelNames: ['code'],
    registers: [metrics],
  })
  const append = timed(clock, duration, async (partition: number, record: Uint8Array) => {
    try {
      const offset = await log.append(partition, record)
      appended.inc(record.length)
      return offset
    } catch (error) {
      const code = error instanceof UnavailableError ? error.code : 'INTERNAL'
      failures.inc({ code })
      // The log takes nothing more once it failed: whoever restarts this process finds all that was acknowledged.
      if (error instanceof UnavailableError) failed(error)
      throw error
    }
  })
  return {
    partitions: log.partitions,
    append,
    start: (partition) => log.start(partition),
    end: (partition) => log.end(partition),
    read: (partition, offset, bytesMax) => log.read(partition, offset, bytesMax),
    waitPast: (partition, offset, signal) => log.waitPast(partition, offset, signal),
    trim: (partition, offset) => log.trim(partition, offset),
    close: () => log.close(),
  }
}

function timed<Arguments extends unknown[], Result>(
  clock: Clock,
  histogram: Histogram,
  run: (...args: Arguments) => Promise<Result>,
): (...args: Arguments) => Promise<Result> {
  return async (...args) => {
    const started = clock.monotonic()
    const result = await run(...args)
    histogram.observe((clock.monotonic() - started) / 1000)
    return result
  }
}
