/**
 * An export of one shard as chunks: lines of NDJSON with what is needed to merge them with those of other
 * shards, so that no one has to read the lines again.
 *
 * A chunk holds lines of one UTC day and event name. It is closed at about `chunkBytes`.
 */
import type { ExportRow } from './row.ts'
import type { EventRows } from './run.ts'

export interface Chunk {
  readonly day: number
  readonly event: string
  /** `h` of each line's user. */
  readonly hashes: readonly number[]
  /** Bytes of each line, its newline included. */
  readonly lengths: readonly number[]
  readonly lines: Buffer
}

const chunkBytes = 128 * 1024

export interface ChunkOptions {
  /** The text of a line, without its newline. */
  readonly format: (row: ExportRow) => string
  /** Rows to leave out at the start: those that the caller has from another replica. */
  readonly skip: number
  /** Lines to stop after, those left out included; at least 1. */
  readonly limit: number
}

export async function* chunksOf(
  groups: AsyncIterable<EventRows>,
  { format, skip, limit }: ChunkOptions,
): AsyncGenerator<Chunk> {
  let at = 0
  for await (const { day, event, rows } of groups) {
    let open = new OpenChunk(day, event)
    for (const { row, hash } of rows) {
      if (at++ >= skip) open.add(`${format(row)}\n`, hash)
      if (at === limit) break
      if (open.size < chunkBytes) continue
      yield open.close()
      open = new OpenChunk(day, event)
    }
    if (open.size > 0) yield open.close()
    if (at === limit) return
  }
}

class OpenChunk {
  /** UTF-16 units so far: near enough to bytes for a bound. */
  size = 0
  readonly #day: number
  readonly #event: string
  readonly #lines: string[] = []
  readonly #hashes: number[] = []

  constructor(day: number, event: string) {
    this.#day = day
    this.#event = event
  }

  add(line: string, hash: number): void {
    this.#lines.push(line)
    this.#hashes.push(hash)
    this.size += line.length
  }

  close(): Chunk {
    return {
      day: this.#day,
      event: this.#event,
      hashes: this.#hashes,
      lengths: this.#lines.map((line) => Buffer.byteLength(line)),
      lines: Buffer.from(this.#lines.join('')),
    }
  }
}
