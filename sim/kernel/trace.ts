/**
 * What happened, one line a step, and a hash of all lines: two runs of a seed are one history if and only if
 * their hashes are equal.
 */
import { xxh32String } from '../../common/hash/xxh32.ts'

export class Trace {
  readonly #lines: string[] = []
  readonly #keep: number
  readonly #tell: ((line: string) => void) | undefined
  #low = 0
  #high = 0x5eed

  /** `keep`: how many of the newest lines to hold. `tell` is given every line. */
  constructor({ keep = 80, tell }: { keep?: number; tell?: ((line: string) => void) | undefined } = {}) {
    this.#keep = keep
    this.#tell = tell
  }

  add(line: string): void {
    this.#low = xxh32String(line, this.#low)
    this.#high = xxh32String(line, this.#high)
    this.#lines.push(line)
    this.#tell?.(line)
    if (this.#lines.length > 2 * this.#keep) this.#lines.splice(0, this.#lines.length - this.#keep)
  }

  /** 16 hex digits. */
  get hash(): string {
    return [this.#high, this.#low].map((word) => word.toString(16).padStart(8, '0')).join('')
  }

  /** The newest lines, oldest first. */
  get tail(): readonly string[] {
    return this.#lines.slice(-this.#keep)
  }
}
