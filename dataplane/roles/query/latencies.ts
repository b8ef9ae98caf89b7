/**
 * How long answers take, as a quantile of the last ones: what is slow enough to ask another replica.
 */
const kept = 128
/** Fewer answers say nothing. */
const known = 16
const leastMs = 10
const mostMs = 2_000
/** While too little is known. */
const firstMs = 250

export class Latencies {
  readonly #last = new Float64Array(kept)
  #count = 0

  add(ms: number): void {
    this.#last[this.#count++ % kept] = ms
  }

  /** The 95th percentile, within bounds. */
  get slowMs(): number {
    const size = Math.min(this.#count, kept)
    if (size < known) return firstMs
    const sorted = this.#last.slice(0, size).sort()
    return Math.min(mostMs, Math.max(leastMs, sorted[Math.floor(size * 0.95)]!))
  }
}
