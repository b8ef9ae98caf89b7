/**
 * Large arrays of queries, used again from one query to the next.
 *
 * A query over many sources needs some tens of megabytes for a tenth of a second. Taken fresh each
 * time, they cost a page fault each 4 KiB and, since they lie outside the heap, a full collection a
 * query or so: a fifth of its time. What was given back is kept, up to a bound, for all queries of
 * the process.
 */

/** Arrays below this are cheap. */
const bytesMin = 32 * 1024
/** What is kept while nobody uses it. */
const spareBytesMax = 48 * 1024 * 1024

/** Unused buffers by size, each a power of two. */
const spare = new Map<number, ArrayBuffer[]>()
let spareBytes = 0

/** What one query holds. */
export class QueryMemory {
  readonly #held = new Set<ArrayBuffer>()

  /** An array whose content is undefined. */
  u32(length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#take(length * 4), 0, length)
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#take(length), 0, length)
  }

  f64(length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#take(length * 8), 0, length)
  }

  /** The array is not used any more. */
  give({ buffer }: { readonly buffer: ArrayBufferLike }): void {
    if (buffer instanceof ArrayBuffer && this.#held.delete(buffer)) keep(buffer)
  }

  /** None of the query's arrays is used any more. */
  release(): void {
    for (const buffer of this.#held) keep(buffer)
    this.#held.clear()
  }

  #take(bytes: number): ArrayBuffer {
    if (bytes < bytesMin) return new ArrayBuffer(bytes)
    const size = 2 ** Math.ceil(Math.log2(bytes))
    const kept = spare.get(size)?.pop()
    if (kept !== undefined) spareBytes -= size
    const buffer = kept ?? new ArrayBuffer(size)
    this.#held.add(buffer)
    return buffer
  }
}

function keep(buffer: ArrayBuffer): void {
  if (spareBytes + buffer.byteLength > spareBytesMax) return
  spareBytes += buffer.byteLength
  const known = spare.get(buffer.byteLength)
  if (known === undefined) spare.set(buffer.byteLength, [buffer])
  else known.push(buffer)
}
