/**
 * A clock that moves only when it is told to. Sleepers wake in the order of their time, then of their call.
 *
 * Does not: run by itself. A test that waits for a sleeper which nobody wakes hangs, visibly.
 */
import type { Clock, Millis } from '../dataplane/core/ports.ts'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export class SimulatedClock implements Clock {
  #now: Millis
  #elapsed = 0
  #sleepers: Sleeper[] = []

  /** `start`: wall clock in ms at the beginning. */
  constructor(start: Millis = 1_767_225_600_000) {
    this.#now = start
  }

  now(): Millis {
    return Math.floor(this.#now)
  }

  monotonic(): number {
    return this.#elapsed
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(signal?.reason)
      }
      const sleeper: Sleeper = {
        at: this.#elapsed + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      const after = this.#sleepers.findIndex((other) => other.at > sleeper.at)
      this.#sleepers.splice(after === -1 ? this.#sleepers.length : after, 0, sleeper)
    })
  }

  /** Sleepers that wait. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  /** Moves both clocks by `ms` and wakes who is due, each at its own time. Their continuations run when the caller awaits. */
  advance(ms: number): void {
    const end = this.#elapsed + ms
    while (this.#sleepers.length > 0 && this.#sleepers[0]!.at <= end) this.#wakeFirst()
    this.#move(end)
  }

  /** Moves to the next sleeper and wakes it. False when nobody sleeps. */
  advanceToNext(): boolean {
    if (this.#sleepers.length === 0) return false
    this.#wakeFirst()
    return true
  }

  /** Sets the wall clock alone, as an operator or a time daemon does; may go back. */
  jump(ms: number): void {
    this.#now += ms
  }

  #wakeFirst(): void {
    const sleeper = this.#sleepers.shift()!
    this.#move(sleeper.at)
    sleeper.wake()
  }

  #move(elapsed: number): void {
    this.#now += elapsed - this.#elapsed
    this.#elapsed = elapsed
  }
}
