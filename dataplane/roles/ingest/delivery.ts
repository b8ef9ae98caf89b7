/**
 * From accepted events to durable ones, within the time that a client waits.
 *
 * Upholds ING-1 (resolves only when all events are durable) and, while the log restarts, ING-2: an
 * append that failed is made again until the time is over. That is safe, since every event has its
 * insert id by now and a repeated one counts once (DED-1).
 */
import { UnavailableError } from '../../../common/errors/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { countOf, type Ingest, type IngestRequest } from '../../ingest/ingest.ts'
import { ingestHttpLimits } from './limits.ts'
import type { LogWatch } from './log-watch.ts'

export interface DeliveryOptions {
  readonly ingest: Ingest
  readonly clock: Clock
  readonly watch: LogWatch
  /** Called for each append that has to be made again. */
  readonly retried?: () => void
}

export class Delivery {
  readonly #options: DeliveryOptions

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** Throws `UnavailableError`: some of the events may be durable all the same, and sending them again is safe. */
  async deliver(request: IngestRequest): Promise<void> {
    const { ingest, clock, watch, retried } = this.#options
    const { ackTimeoutMs, appendRetryMs, appendRetryMsMax } = ingestHttpLimits
    // When the log is away for longer than anyone is made to wait, waiting would only fill the memory.
    watch.refuseAfter(ackTimeoutMs)
    const deadline = clock.monotonic() + ackTimeoutMs
    for (let pauseMs: number = appendRetryMs; ; pauseMs = Math.min(pauseMs * 2, appendRetryMsMax)) {
      try {
        await ingest.accept(request)
        if (countOf(request.events) > 0) watch.appended()
        return
      } catch (error) {
        if (!(error instanceof UnavailableError) || error.code === 'INGEST_BUSY') throw error
        watch.failed(error)
        if (error.code === 'LOG_FENCED' || clock.monotonic() + pauseMs >= deadline) throw error
        retried?.()
        await clock.sleep(pauseMs)
      }
    }
  }
}
