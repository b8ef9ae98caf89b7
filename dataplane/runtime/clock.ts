/** The real clock. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../core/ports.ts'

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted()
    try {
      await sleep(ms, undefined, { signal })
    } catch (error) {
      // Node wraps the reason in an AbortError of its own; the port promises the reason itself.
      signal?.throwIfAborted()
      throw error
    }
  },
}
