/**
 * Exports of all shards as one: lines in the order day, event name by bytes, `h`. A user's rows come from one
 * shard, and users with the same `h` do too, so the order inside an `h` is the shard's (ADR 0002).
 *
 * Held at a time: one chunk of each shard.
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import type { Chunk } from './chunks.ts'

/** Pieces of text, each of whole lines; no more lines than `limit`. Leaving the loop ends the streams. */
export async function* mergeChunks(streams: readonly AsyncIterable<Chunk>[], limit: number): AsyncGenerator<Buffer> {
  const readers = streams.map((stream) => new ChunkReader(stream))
  try {
    await Promise.all(readers.map((reader) => reader.next()))
    let left = limit
    while (left > 0) {
      const [first, second] = leastTwo(readers)
      if (first === undefined) return
      const { lines, count } = first.takeBefore(second, left)
      left -= count
      yield lines
      if (first.isAtEnd) await first.next()
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.close()))
  }
}

/** The readers with the least line and with the one after it. */
function leastTwo(readers: readonly ChunkReader[]): [ChunkReader | undefined, ChunkReader | undefined] {
  let first: ChunkReader | undefined
  let second: ChunkReader | undefined
  for (const reader of readers) {
    if (reader.chunk === undefined) continue
    if (first === undefined || reader.compare(first) < 0) [first, second] = [reader, first]
    else if (second === undefined || reader.compare(second) < 0) second = reader
  }
  return [first, second]
}

class ChunkReader {
  /** `undefined`: the stream is done. */
  chunk: Chunk | undefined
  #line = 0
  #byte = 0
  readonly #iterator: AsyncIterator<Chunk>

  constructor(stream: AsyncIterable<Chunk>) {
    this.#iterator = stream[Symbol.asyncIterator]()
  }

  get isAtEnd(): boolean {
    return this.chunk === undefined || this.#line === this.chunk.hashes.length
  }

  /** Goes to the next chunk that has lines. */
  async next(): Promise<void> {
    do {
      const { done, value } = await this.#iterator.next()
      this.chunk = done ? undefined : value
      this.#line = 0
      this.#byte = 0
    } while (this.chunk !== undefined && this.isAtEnd)
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }

  compare(other: ChunkReader): number {
    const [own, others] = [this.chunk!, other.chunk!]
    return own.day - others.day || compareUtf8(own.event, others.event) || this.#hash - other.#hash
  }

  /** Lines from here on that come before the other reader's, at least one and at most `limit`. */
  takeBefore(other: ChunkReader | undefined, limit: number): { lines: Buffer; count: number } {
    const { hashes, lengths, lines } = this.chunk!
    const start = this.#byte
    const end = Math.min(hashes.length, this.#line + limit)
    let count = 0
    do {
      this.#byte += lengths[this.#line]!
      this.#line++
      count++
    } while (this.#line < end && (other === undefined || this.compare(other) < 0))
    return { lines: lines.subarray(start, this.#byte), count }
  }

  get #hash(): number {
    return this.chunk!.hashes[this.#line]!
  }
}
