/**
 * The `log` role: serves a FileLog, the embedded default, to ingest pods and shard replicas.
 *
 * Upholds ING-1 for whoever appends: an answer means durable. One writer: a second process on the same
 * folder fences this one, which then is `stuck` and refuses appends until it is restarted.
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

const flags = z.object({
  logFolder: text().describe('folder of the log; made when absent'),
  grpcPort: whole(0, 65_535).default(7000).describe('port of the Log and Admin services; 0 picks a free one'),
  partitions: whole(1, 4096)
    .default(64)
    .describe('partitions of a new log, a power of two; an existing log keeps its own'),
})

/** Running calls may take so long after a drain began; the frame's bound is above it. */
const callGraceMs = 10_000

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
    let state: RoleStatus = { state: 'serving', reason: '' }
    const watched = watch(log, context, (reason) => {
      state = { state: 'stuck', reason }
    })
    const admit = () => {
      if (state.state === 'draining') unavailable('LOG_UNAVAILABLE', `${options.logFolder}: the log role is leaving`)
    }
    const drain = () => {
      state = { state: 'draining', reason: 'asked to drain' }
    }
    const server = await serve(
      [
        logService({ log: watched, generation: 1, logger: context.logger, admit }),
        adminService(context, { role: 'log', status: () => state, drain: async () => drain() }),
      ],
      { host: options.host, port: options.grpcPort, credentials: plainText, clock: context.clock },
    )
    return {
      status: () => state,
      endpoints: { grpc: `${options.host}:${server.port}` },
      async drain() {
        drain()
        await server.stop(callGraceMs)
        await log.close()
      },
    }
  },
}

/** The log with its appends counted and timed; `stuck` is told why when the log can append no more. */
function watch(log: FileLog, { metrics, clock }: RoleContext, stuck: (reason: string) => void): LogWriter {
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
      stuck(error instanceof Error ? error.message : String(error))
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
