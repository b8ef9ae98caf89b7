/**
 * A shard's way to the log, which another process serves: each call is a request and a reply, and fails when
 * that process is down or dies before it replied. A connection stays with its process until a call fails.
 */
import { unavailable } from '../../common/errors/errors.ts'
import type { LogEntry, LogReader } from '../../dataplane/core/ports.ts'
import type { Life } from '../kernel/life.ts'
import type { Scheduler } from '../kernel/scheduler.ts'

/** The process that serves the log now. */
export interface LogServer {
  readonly life: Life
  readonly log: LogReader
}

export interface RemoteLogOptions {
  readonly scheduler: Scheduler
  /** Who reads. */
  readonly life: Life
  readonly partitions: number
  readonly server: () => LogServer | undefined
  /** True when a request gets lost. */
  readonly isLost: () => boolean
}

export class RemoteLog implements LogReader {
  readonly #options: RemoteLogOptions
  #server: LogServer | undefined

  constructor(options: RemoteLogOptions) {
    this.#options = options
  }

  get partitions(): number {
    return this.#options.partitions
  }

  start(partition: number): Promise<number> {
    return this.#call('start', (log) => log.start(partition))
  }

  end(partition: number): Promise<number> {
    return this.#call('end', (log) => log.end(partition))
  }

  read(partition: number, offset: number, bytesMax: number): Promise<LogEntry[]> {
    return this.#call('read', (log) => log.read(partition, offset, bytesMax))
  }

  async waitPast(partition: number, offset: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    await Promise.race([aborted, this.#call('wait', (log) => log.waitPast(partition, offset, signal))])
  }

  async #call<Result>(kind: string, act: (log: LogReader) => Promise<Result>): Promise<Result> {
    const { scheduler, life, server, isLost } = this.#options
    await scheduler.pass(life, `log ${kind} request`)
    try {
      this.#server ??= server()
      const serving = this.#server
      if (serving === undefined || isLost()) return unavailable('LOG_UNAVAILABLE', `simulated: no reply to ${kind}`)
      return await serving.life.call('LOG_UNAVAILABLE', () => act(serving.log))
    } catch (error) {
      this.#server = undefined
      throw error
    } finally {
      await scheduler.pass(life, `log ${kind} reply`)
    }
  }
}
