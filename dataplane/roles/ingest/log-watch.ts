/**
 * Whether the log is there: readiness of ingest follows it.
 *
 * The log is asked every second, since an ingest that is not ready gets no requests that could show
 * that the log is back. A log that answers and cannot append (fenced, disk full) is taken for away for
 * a few seconds after each append that failed; then requests may try again.
 */
import { unavailable } from '../../../common/errors/errors.ts'
import type { Clock, Logger, LogReader } from '../../core/ports.ts'
import { ingestHttpLimits } from './limits.ts'

interface Away {
  readonly reason: string
  /** Monotonic ms. */
  readonly since: number
  /** An answer to a probe does not bring it back before; monotonic ms. */
  readonly until: number
}

export class LogWatch {
  readonly #log: LogReader
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #stopped = new AbortController()
  readonly #running: Promise<void>
  #away: Away | undefined

  constructor(log: LogReader, clock: Clock, logger: Logger) {
    this.#log = log
    this.#clock = clock
    this.#logger = logger
    this.#running = this.#run()
  }

  /** Why the log is away; `undefined` while it is there. */
  get away(): string | undefined {
    return this.#away?.reason
  }

  appended(): void {
    if (this.#away !== undefined) this.#logger.info('the log is back')
    this.#away = undefined
  }

  failed(error: Error): void {
    this.#leave(error.message, this.#clock.monotonic() + ingestHttpLimits.logDistrustMs)
  }

  /** Throws `UnavailableError` `LOG_UNAVAILABLE` when the log is away for longer than `ms`. */
  refuseAfter(ms: number): void {
    const away = this.#away
    if (away !== undefined && this.#clock.monotonic() - away.since > ms)
      unavailable('LOG_UNAVAILABLE', 'the log is away')
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      await this.#probe(signal)
      await this.#clock.sleep(ingestHttpLimits.logProbeMs, signal).catch(() => undefined)
    }
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { logProbeTimeoutMs } = ingestHttpLimits
    const late = new AbortController()
    const stop = () => late.abort()
    signal.addEventListener('abort', stop)
    const silence = this.#clock.sleep(logProbeTimeoutMs, late.signal).then(
      () => new Error(`the log did not answer for ${logProbeTimeoutMs} ms`),
      () => undefined,
    )
    const answer = this.#log.end(0).then(
      () => undefined,
      (error: Error) => error,
    )
    const failure = await Promise.race([answer, silence])
    signal.removeEventListener('abort', stop)
    late.abort()
    const now = this.#clock.monotonic()
    if (failure !== undefined) this.#leave(failure.message, now)
    else if (!signal.aborted && now >= (this.#away?.until ?? 0)) this.appended()
  }

  #leave(reason: string, until: number): void {
    const now = this.#clock.monotonic()
    if (this.#away === undefined) this.#logger.warn('the log is away', { reason })
    this.#away = { reason, since: this.#away?.since ?? now, until: Math.max(until, this.#away?.until ?? 0) }
  }
}
