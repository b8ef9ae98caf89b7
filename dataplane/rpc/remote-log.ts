/**
 * A log behind the `Log` service, as the port that ingest and shards use: they cannot tell it from a local one.
 *
 * Owns: one channel, one `Follow` stream for all waiters (no polling), its reconnection. An append whose
 * answer is lost is `LOG_UNAVAILABLE` with an unknown outcome; it is never retried here, since only the
 * caller knows whether its ids make that safe.
 */

import { corrupt, UnavailableError, unavailable } from '../../common/errors/errors.ts'
import { LogClient } from '../../proto/generated/anabranch/v1/log.ts'
import type { Clock, LogEntry, Logger, LogWriter } from '../core/ports.ts'
import { callStream, callUnary } from './client.ts'
import { channelOptions, type TransportCredentials } from './credentials.ts'
import { RawLogService } from './raw.ts'

export interface RemoteLogOptions {
  /** `host:port` of the log role. */
  readonly address: string
  readonly credentials: TransportCredentials
  readonly clock: Clock
  readonly logger: Logger
  /** ms that an append may take, fsync included. */
  readonly appendTimeoutMs: number
}

export interface RemoteLog extends LogWriter {
  readonly generation: number
}

const describeTimeoutMs = 10_000
const followBackoffMs = 200

/** Throws `UnavailableError` when the log does not answer. */
export async function connectLog(options: RemoteLogOptions): Promise<RemoteLog> {
  const client = new LogClient(options.address, options.credentials.channel, channelOptions)
  // The generated client has the generated codecs; the bulk calls take the raw ones.
  const what = (verb: string, partition: number) => `${verb} partition ${partition} of the log at ${options.address}`
  const call = (verb: string, partition: number, timeoutMs: number) =>
    ({ now: options.clock.now(), timeoutMs, fallback: 'LOG_UNAVAILABLE', what: what(verb, partition) }) as const
  const describe = () =>
    callUnary(
      client,
      client.describe,
      {},
      { ...call('describe', 0, describeTimeoutMs), what: `describe the log at ${options.address}` },
    )
  // Who asks for all ends at once asks once: a call that is not sent yet tells of what is there when it is.
  let soon: ReturnType<typeof describe> | undefined
  const describeSoon = () => {
    soon ??= Promise.resolve().then(() => {
      soon = undefined
      return describe()
    })
    return soon
  }
  const { partitions, generation } = await describe().catch((error: unknown) => {
    client.close()
    throw error
  })
  const ends = followEnds(client, partitions, options)
  const appending = new Set<Promise<unknown>>()
  let closed = false
  const append = async (partition: number, record: Uint8Array): Promise<number> => {
    if (closed) unavailable('LOG_UNAVAILABLE', `${what('append to', partition)}: this client was closed`)
    const { path, requestSerialize, responseDeserialize } = RawLogService.append
    const request = { partition, record: Buffer.from(record.buffer, record.byteOffset, record.byteLength) }
    const answer = await callUnary<typeof request, { offset: number }>(
      client,
      (input, metadata, deadline, callback) =>
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          input,
          metadata,
          deadline,
          callback as never,
        ),
      request,
      call('append to', partition, options.appendTimeoutMs),
    )
    return answer.offset
  }

  return {
    partitions,
    generation,
    start: async (partition) => at((await describeSoon()).starts, partition, options.address),
    end: async (partition) => at((await describeSoon()).ends, partition, options.address),
    append(partition, record) {
      const running = append(partition, record)
      const settled: Promise<unknown> = running.then(
        () => appending.delete(settled),
        () => appending.delete(settled),
      )
      appending.add(settled)
      return running
    },
    async read(partition, offset, bytesMax) {
      const { path, requestSerialize, responseDeserialize } = RawLogService.read
      const request = { partition, offset, bytesMax }
      const open = () => client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request)
      const entries: LogEntry[] = []
      for await (const record of callStream(open, { fallback: 'LOG_UNAVAILABLE', what: what('read', partition) })) {
        entries.push({ partition: record.partition, offset: record.offset, bytes: record.record })
      }
      return entries
    },
    waitPast: (partition, offset, signal) => ends.waitPast(partition, offset, signal),
    async trim(partition, offset) {
      await callUnary(client, client.trim, { partition, offset }, call('trim', partition, describeTimeoutMs))
    },
    async close() {
      closed = true
      await Promise.all(appending)
      await ends.stop()
      client.close()
    },
  }
}

function at(values: readonly number[], partition: number, address: string): number {
  const value = values[partition]
  if (value === undefined) {
    corrupt({
      code: 'LOG_CORRUPT',
      object: `log at ${address}`,
      what: 'partitions described',
      got: values.length,
      want: `more than ${partition}`,
    })
  }
  return value
}

interface Waiter {
  readonly partition: number
  readonly offset: number
  resolve(): void
}

/** Keeps one `Follow` stream open for ever and wakes who waits. */
function followEnds(client: LogClient, partitions: number, { clock, logger, address }: RemoteLogOptions) {
  const known = new Array<number>(partitions).fill(0)
  const waiters = new Set<Waiter>()
  const stopped = new AbortController()
  const run = async () => {
    while (!stopped.signal.aborted) {
      try {
        const request = { partitions: [...known.keys()] }
        const options = {
          signal: stopped.signal,
          fallback: 'LOG_UNAVAILABLE',
          what: `follow the log at ${address}`,
        } as const
        for await (const { ends } of callStream(() => client.follow(request), options)) {
          for (const { partition, end } of ends) known[partition] = end
          for (const waiter of waiters) if (known[waiter.partition]! > waiter.offset) waiter.resolve()
        }
      } catch (error) {
        if (stopped.signal.aborted) return
        logger.warn('following the log broke off; trying again', { address, error })
      }
      await clock.sleep(followBackoffMs, stopped.signal).catch(() => undefined)
    }
  }
  const running = run()
  return {
    waitPast(partition: number, offset: number, signal: AbortSignal): Promise<void> {
      if (known[partition]! > offset) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const leave = () => {
          waiters.delete(waiter)
          signal.removeEventListener('abort', abort)
          stopped.signal.removeEventListener('abort', abort)
        }
        const abort = () => {
          leave()
          reject(signal.aborted ? signal.reason : stopped.signal.reason)
        }
        const waiter: Waiter = {
          partition,
          offset,
          resolve() {
            leave()
            resolve()
          },
        }
        if (signal.aborted) return reject(signal.reason)
        if (stopped.signal.aborted) return reject(stopped.signal.reason)
        waiters.add(waiter)
        signal.addEventListener('abort', abort)
        stopped.signal.addEventListener('abort', abort)
      })
    },
    async stop() {
      stopped.abort(new UnavailableError('LOG_UNAVAILABLE', `the client of the log at ${address} was closed`))
      await running
    },
  }
}
