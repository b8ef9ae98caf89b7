/**
 * Buffers that one query uses again for each stripe, so that scanning allocates nothing per row and
 * little per stripe.
 */
import { blockRows } from '../../storage/segment/contract.ts'
import { wordsFor } from './bits.ts'

export class Scratch {
  readonly codes = new Uint32Array(blockRows)
  readonly numbers = new Float64Array(blockRows)
  readonly times = new Float64Array(blockRows)
  #free: Uint32Array[] = []
  #blocks = new Uint8Array(64)

  /** A bitset for rows `[0, rows)`; its content is whatever was there. Give it back with `release`. */
  bits(rows: number): Uint32Array {
    // One more than the rows need: loops look at the word that the last row ends before.
    const words = wordsFor(rows) + 1
    const at = this.#free.findIndex((bits) => bits.length >= words)
    if (at < 0) return new Uint32Array(Math.max(words, 1024))
    const [bits] = this.#free.splice(at, 1)
    return bits!
  }

  /** Room for ranks: a number per row and one more. Give it back with `release`. */
  ranks(rows: number): Uint32Array {
    return this.bits((rows + 1) * 32)
  }

  release(bits: Uint32Array): void {
    this.#free.push(bits)
  }

  /** Flags of the blocks of `rows` rows, all 1. One at a time. */
  blocks(rows: number): Uint8Array {
    const count = Math.ceil(rows / blockRows)
    if (this.#blocks.length < count) this.#blocks = new Uint8Array(count * 2)
    return this.#blocks.fill(1, 0, count)
  }
}
