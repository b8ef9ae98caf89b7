/**
 * The `Log` service over a log: what the `log` role serves.
 *
 * Does not: decide anything. Durability, fencing and gaps are the log's (ING-1); this carries them.
 */
import type { LogRecord } from '../../proto/generated/anabranch/v1/log.ts'
import type { Logger, LogWriter } from '../core/ports.ts'
import { RawLogService } from './raw.ts'
import { type RpcService, streaming, unary } from './server.ts'

/** Bytes read from the log at once while streaming. */
const readBytesMax = 4 * 1024 * 1024

export interface LogServiceOptions {
  readonly log: LogWriter
  readonly generation: number
  readonly logger: Logger
  /** Ends the streams that follow the log: they would last as long as the process. */
  readonly leaving?: AbortSignal
  /** Asked before each append; throws to refuse it (draining). */
  admit?(): void
}

export function logService(options: LogServiceOptions): RpcService {
  const { log, generation, logger, leaving } = options
  const implementation = {
    describe: unary(logger, async () => {
      const partitions = Array.from({ length: log.partitions }, (_, partition) => partition)
      const starts = await Promise.all(partitions.map((partition) => log.start(partition)))
      const ends = await Promise.all(partitions.map((partition) => log.end(partition)))
      return { partitions: log.partitions, generation, starts, ends }
    }),
    append: unary(logger, async (request: { partition: number; record: Buffer }) => {
      options.admit?.()
      return { offset: await log.append(request.partition, request.record) }
    }),
    read: streaming(logger, (request: { partition: number; offset: number; bytesMax: number }) =>
      readRecords(log, request),
    ),
    follow: streaming(logger, (request: { partitions: number[] }, signal) =>
      followEnds(log, request.partitions, leaving === undefined ? signal : AbortSignal.any([signal, leaving])),
    ),
    trim: unary(logger, async (request: { partition: number; offset: number }) => {
      await log.trim(request.partition, request.offset)
      return {}
    }),
  }
  return { definition: RawLogService, implementation }
}

async function* readRecords(
  log: LogWriter,
  request: { partition: number; offset: number; bytesMax: number },
): AsyncGenerator<LogRecord> {
  let { offset, bytesMax } = request
  const end = await log.end(request.partition)
  // The first read is made even at the end: the log says LOG_GAP for an offset that it does not have.
  do {
    const entries = await log.read(request.partition, offset, Math.min(bytesMax, readBytesMax))
    if (entries.length === 0) return
    for (const { partition, offset: at, bytes } of entries) {
      yield { partition, offset: at, record: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
      bytesMax -= bytes.length
      offset = at + 1
    }
  } while (bytesMax > 0 && offset < end)
}

/** All ends at once, then whatever moved since, however often it moved. */
async function* followEnds(log: LogWriter, partitions: readonly number[], signal: AbortSignal) {
  const moved = new Map<number, number>()
  let wake = () => {}
  const watch = async (partition: number, from: number) => {
    for (let end = from; !signal.aborted; ) {
      await log.waitPast(partition, end, signal)
      end = await log.end(partition)
      moved.set(partition, end)
      wake()
    }
  }
  const ends = await Promise.all(partitions.map(async (partition) => ({ partition, end: await log.end(partition) })))
  yield { ends }
  let failed: unknown
  const watching = Promise.all(ends.map(({ partition, end }) => watch(partition, end))).catch((error: unknown) => {
    failed = error
    wake()
  })
  while (!signal.aborted) {
    if (moved.size === 0) await new Promise<void>((resolve) => (wake = resolve))
    if (failed !== undefined) break
    const batch = [...moved].map(([partition, end]) => ({ partition, end }))
    moved.clear()
    yield { ends: batch }
  }
  await watching
  if (failed !== undefined && !signal.aborted) throw failed
}
