/**
 * Looks at everything again every so often, behind all other work, in case an event or a timer was missed: the safety net of a level-triggered
 * operator, never how it works. Local: nothing is asked of the server.
 */
import type { Clock, Random } from '../../dataplane/core/ports.ts'
import { fraction } from './backoff.ts'
import { keyOf, keyText } from './object.ts'
import { lowPriority, type WorkQueue } from './queue/queue.ts'
import type { Store } from './store.ts'

export interface ResyncOptions {
  readonly store: Store
  readonly queue: WorkQueue
  /** Give or take a tenth. */
  readonly everyMs: number
  readonly clock: Clock
  readonly random: Random
}

/** Resolves when `signal` aborts. */
export async function resync(
  { store, queue, everyMs, clock, random }: ResyncOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(everyMs * (0.9 + fraction(random) / 5), signal).catch(() => {})
    if (signal.aborted) return
    for (const object of store.values()) queue.add(keyText(keyOf(object)), { priority: lowPriority })
  }
}
