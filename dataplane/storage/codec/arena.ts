/**
 * Arrays for decoded values. One of its own costs a microsecond, more than decoding the few hundred
 * values of a small stripe; a piece of a large one costs a tenth. An `Arena`'s pieces live as long as
 * any of them.
 */
const chunkMin = 1 << 8
const chunkMax = 1 << 14

/** Where arrays for decoded values come from; their content is not defined. */
export interface Allocator {
  u32(length: number): Uint32Array
}

/** An array of its own each time: for what is kept. */
export const heap: Allocator = { u32: (length) => new Uint32Array(length) }

export class Arena implements Allocator {
  #chunk = new Uint32Array(0)
  #used = 0
  /** Doubles, so that a small slice does not pay for a large one. */
  #next = chunkMin

  u32(length: number): Uint32Array {
    if (length > this.#next >>> 1) return new Uint32Array(length)
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = new Uint32Array(this.#next)
      this.#next = Math.min(chunkMax, this.#next * 2)
      this.#used = 0
    }
    const from = this.#used
    this.#used += length
    return this.#chunk.subarray(from, from + length)
  }
}

/** The same memory over and over: for what is done with before the next `reset`. */
export class Scratch implements Allocator {
  #memory = new Uint32Array(chunkMax)
  #used = 0

  reset(): void {
    this.#used = 0
  }

  u32(length: number): Uint32Array {
    // Pieces handed out before stay on the old memory.
    if (this.#used + length > this.#memory.length) {
      this.#memory = new Uint32Array(Math.max(this.#memory.length * 2, length))
      this.#used = 0
    }
    const from = this.#used
    this.#used += length
    return this.#memory.subarray(from, from + length)
  }
}
