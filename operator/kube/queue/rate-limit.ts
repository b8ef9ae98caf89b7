/** How long a key waits after its n-th failure in a row: 5 ms doubling to 1000 s, the defaults of Kubernetes' own controllers. */

export class RateLimit {
  readonly #failures = new Map<string, number>()

  /** Counts one more failure. */
  next(key: string): number {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    return Math.min(1_000_000, 5 * 2 ** Math.min(failures, 30))
  }

  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }
}
