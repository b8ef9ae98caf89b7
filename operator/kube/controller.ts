/**
 * A controller: workers that take keys from a queue and reconcile them, for as long as this process leads.
 *
 * A reconcile that throws comes again after a pause that doubles; what a server asks in Retry-After is obeyed. No reconcile runs for longer
 * than its time: it is told by its signal. Does not: decide what to enqueue; the wiring of each kind does.
 */
import type { Clock, Logger } from '../../dataplane/core/ports.ts'
import type { ControllerMetrics } from './metrics.ts'
import { lowPriority, type Work, type WorkQueue } from './queue/queue.ts'
import { StatusError } from './status-error.ts'
import type { Store, StoreListener } from './store.ts'

export interface Reconciled {
  /** Look again then, whatever happens. */
  readonly requeueAfterMs?: number
}

export interface ControllerOptions {
  readonly name: string
  readonly queue: WorkQueue
  readonly workers: number
  /** `signal` aborts when the controller stops or the time for one reconcile is over. */
  reconcile(key: string, signal: AbortSignal): Promise<Reconciled>
  readonly timeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics?: ControllerMetrics
}

export class Controller {
  readonly #options: ControllerOptions

  constructor(options: ControllerOptions) {
    this.#options = options
  }

  /** Resolves when `signal` has aborted and every worker is done. */
  async run(signal: AbortSignal): Promise<void> {
    const { workers, metrics } = this.#options
    metrics?.started(workers)
    await Promise.all(Array.from({ length: workers }, () => this.#work(signal)))
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { queue } = this.#options
    while (!signal.aborted) {
      const work = await queue.take(signal).catch(() => undefined)
      if (work === undefined) return
      try {
        await this.#reconcile(work, signal)
      } finally {
        queue.done(work.key)
      }
    }
  }

  async #reconcile({ key, priority }: Work, signal: AbortSignal): Promise<void> {
    const { name, queue, clock, logger, metrics } = this.#options
    const start = clock.monotonic()
    metrics?.begun()
    try {
      const { requeueAfterMs } = await this.#withinTime(key, signal)
      queue.forget(key)
      if (requeueAfterMs !== undefined) queue.add(key, { afterMs: requeueAfterMs, priority })
      metrics?.ended(requeueAfterMs === undefined ? 'success' : 'requeue_after', (clock.monotonic() - start) / 1000)
    } catch (error) {
      metrics?.ended('error', (clock.monotonic() - start) / 1000)
      if (signal.aborted) return
      const retryAfterMs = error instanceof StatusError ? error.retryAfterMs : undefined
      if (retryAfterMs === undefined) queue.addFailed(key, priority)
      else queue.add(key, { afterMs: retryAfterMs, priority })
      logger.warn('reconcile failed and comes again', { controller: name, key, failures: queue.failuresOf(key), error })
    }
  }

  async #withinTime(key: string, signal: AbortSignal): Promise<Reconciled> {
    const { name, reconcile, clock, timeoutMs } = this.#options
    const over = new AbortController()
    const timer = new AbortController()
    clock.sleep(timeoutMs, timer.signal).then(
      () => over.abort(new Error(`${name} ${key}: not done within ${timeoutMs} ms`)),
      () => {},
    )
    try {
      return await reconcile(key, AbortSignal.any([signal, over.signal]))
    } finally {
      timer.abort()
    }
  }
}

/** Enqueues what `keysOf` names for each change of a store; what was there at the start comes after all that changes. */
export function enqueueFrom(
  store: Store,
  queue: WorkQueue,
  keysOf: (change: Parameters<StoreListener>[0]) => readonly string[],
): void {
  store.listen((change, initial) => {
    for (const key of keysOf(change)) queue.add(key, initial ? { priority: lowPriority } : {})
  })
}
