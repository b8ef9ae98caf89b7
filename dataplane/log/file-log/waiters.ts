/** Readers that wait for a partition to grow. Woken, never polled. */

interface Waiter {
  readonly offset: number
  readonly settle: (error?: unknown) => void
}

export class Waiters {
  readonly #ofPartition = new Map<number, Set<Waiter>>()
  /** Set when nothing will grow any more. */
  #ended: { readonly error: unknown } | undefined = undefined

  /** Resolves when `wake` reports an end past `offset`; rejects with `signal.reason` or what `end` was given. */
  wait(partition: number, offset: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      if (this.#ended !== undefined) return reject(this.#ended.error)
      const waiters = this.#ofPartition.get(partition) ?? new Set()
      this.#ofPartition.set(partition, waiters)
      const abort = () => waiter.settle(signal.reason)
      const waiter: Waiter = {
        offset,
        settle: (error) => {
          waiters.delete(waiter)
          signal.removeEventListener('abort', abort)
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      waiters.add(waiter)
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  /** The partition now ends at `end`. */
  wake(partition: number, end: number): void {
    for (const waiter of this.#ofPartition.get(partition) ?? []) if (end > waiter.offset) waiter.settle()
  }

  /** Rejects all, now and later. */
  end(error: unknown): void {
    this.#ended ??= { error }
    for (const waiters of this.#ofPartition.values()) for (const waiter of waiters) waiter.settle(error)
  }
}
