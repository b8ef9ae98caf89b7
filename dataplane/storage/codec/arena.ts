/**
 * Arrays for decoded values. One of its own costs a microsecond, more than decoding the few hundred
 * values of a small stripe; a piece of a large one costs a tenth, and memory that was in use a moment
 * ago is several times faster than fresh memory.
 */

/** Where arrays come from; their content is not defined. */
export interface Allocator {
  u32(length: number): Uint32Array
}

/** An array of its own each time: for what is kept. */
export const heap: Allocator = { u32: (length) => new Uint32Array(length) }

const chunkMin = 1 << 8
const chunkMax = 1 << 16

/** Chunks that nobody uses, by size (each a power of two), at most 16 MiB of the largest and less of all others. */
const spare = new Map<number, Uint32Array[]>()
const spareMax = 64

const noChunk = new Uint32Array(0)

/** Pieces of chunks; they live as long as any of them, or until `release`. */
export class Arena implements Allocator {
  #chunk: Uint32Array = noChunk
  #used = 0
  /** Doubles, so that a small slice does not pay for a large one. */
  #next = chunkMin
  #taken: Uint32Array[] = []

  u32(length: number): Uint32Array {
    if (this.#used + length > this.#chunk.length) {
      while (this.#next < chunkMax && this.#next < 2 * length) this.#next *= 2
      if (length > this.#next) return new Uint32Array(length)
      this.#chunk = this.#take()
      this.#used = 0
    }
    const from = this.#used
    this.#used += length
    return this.#chunk.subarray(from, from + length)
  }

  /** Gives the memory to whoever asks next: no piece may be used any more. */
  release(): void {
    for (const chunk of this.#taken) {
      const known = spare.get(chunk.length)
      if (known === undefined) spare.set(chunk.length, [chunk])
      else if (known.length < spareMax) known.push(chunk)
    }
    this.#taken = []
    this.#chunk = noChunk
    this.#used = 0
  }

  #take(): Uint32Array {
    const length = this.#next
    this.#next = Math.min(chunkMax, this.#next * 2)
    const chunk = spare.get(length)?.pop() ?? new Uint32Array(length)
    this.#taken.push(chunk)
    return chunk
  }
}

/** The same memory over and over: for what is done with before the next `reset`. */
export class Scratch implements Allocator {
  #memory = new Uint32Array(1 << 14)
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
