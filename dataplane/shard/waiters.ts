/**
 * Who waits for the shard to apply a part of the log: "read your writes".
 */
import type { OffsetVector } from '../schema/event.ts'
import { covers } from './vector.ts'

interface Waiter {
  readonly for: OffsetVector
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

export class Waiters {
  #waiters: Waiter[] = []

  /** Resolves when `notify` comes with a vector that covers it; rejects with `signal.reason`, or as `fail` says. */
  wait(vector: OffsetVector, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const leave = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        signal?.removeEventListener('abort', abort)
      }
      const abort = () => {
        leave()
        reject(signal?.reason)
      }
      const waiter: Waiter = {
        for: vector,
        resolve: () => {
          leave()
          resolve()
        },
        reject: (reason) => {
          leave()
          reject(reason)
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiters.push(waiter)
    })
  }

  notify(applied: OffsetVector): void {
    for (const waiter of this.#waiters) if (covers(applied, waiter.for)) waiter.resolve()
  }

  fail(reason: unknown): void {
    for (const waiter of this.#waiters) waiter.reject(reason)
  }

  get count(): number {
    return this.#waiters.length
  }
}
