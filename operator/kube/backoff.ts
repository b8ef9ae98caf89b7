/** Waiting longer after each failure, with chance mixed in, so that a thousand clients do not come back at once. */
import type { Random } from '../../dataplane/core/ports.ts'

export interface BackoffOptions {
  readonly firstMs: number
  readonly maxMs: number
}

export class Backoff {
  readonly #options: BackoffOptions
  readonly #random: Random
  #failures = 0

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options
    this.#random = random
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures
  }

  /** How long to wait after one more failure: between half of the step and the whole. */
  next(): number {
    const { firstMs, maxMs } = this.#options
    const step = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 60))
    this.#failures++
    return step * (0.5 + fraction(this.#random) / 2)
  }

  reset(): void {
    this.#failures = 0
  }
}

/** Evenly from [0, 1). */
export function fraction(random: Random): number {
  const bytes = random.bytes(4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32
}
