/**
 * Whether a file is read at once, on this thread: from the page cache that takes microseconds, and handing it to
 * another thread and back takes ten times as long.
 *
 * A read that waits for the medium would hold up everything else (ING-1). So after one that was not quick the next ones
 * go to Node's threads before another is tried: few, since this thread may only have been held up by others, then ever
 * more. On a slow medium one read of some 250 is waited for.
 */
const bytesMax = 1024 * 1024
const quickMs = 1
const backOffMin = 4
const backOffMax = 256

export class QuickReads {
  readonly #now: () => number
  #backOff = backOffMin
  #left = 0

  /** `now`: fractional ms. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Bytes read by `read`, which reads `length` at once; `undefined`: it is not to be tried. Throws what it throws. */
  try(length: number, read: () => number): number | undefined {
    if (length > bytesMax) return undefined
    if (this.#left > 0) {
      this.#left--
      return undefined
    }
    const begin = this.#now()
    const bytes = read()
    if (this.#now() - begin <= quickMs) this.#backOff = backOffMin
    else {
      this.#left = this.#backOff
      this.#backOff = Math.min(backOffMax, 2 * this.#backOff)
    }
    return bytes
  }
}
