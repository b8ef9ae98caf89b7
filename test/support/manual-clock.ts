/**
 * A clock that stands still until a test moves it: `advance` runs every sleep that falls due, in order of time.
 *
 * Does not: run anything by itself, so a test that awaits a sleep nobody advances past hangs until its timeout.
 */
import type { Clock } from '../../dataplane/core/ports.ts'

interface Sleep {
  readonly at: number
  readonly wake: () => void
}

export class ManualClock implements Clock {
  #now: number
  #sleeps: Sleep[] = []
  readonly #start: number

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
    this.#start = start
  }

  /** Sleeps that wait. */
  get sleeping(): number {
    return this.#sleeps.length
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const aborted = () => {
        this.#sleeps = this.#sleeps.filter((other) => other !== sleep)
        reject(signal?.reason)
      }
      const wake = () => {
        signal?.removeEventListener('abort', aborted)
        resolve()
      }
      const sleep = { at: this.#now + ms, wake }
      signal?.addEventListener('abort', aborted, { once: true })
      this.#sleeps.push(sleep)
    })
  }

  /** Moves time, waking one sleep after the other; what each sets off in microtasks runs before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settle()
      const [next] = this.#sleeps.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#sleeps = this.#sleeps.filter((sleep) => sleep !== next)
      this.#now = Math.max(this.#now, next.at)
      next.wake()
    }
    this.#now = end
    await settle()
  }
}

/** Lets pending microtasks run: enough turns for chains of awaits of ordinary depth. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve()
}
