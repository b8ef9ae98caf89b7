/**
 * Where the demo's events come from: the shape that the shop, a git history and a file share.
 *
 * A source gives lines of the import format, so that what is sent, what is refused and what the oracle gets are the same
 * bytes. It is read once, from the start; the same source gives the same lines each time, so that a second import changes
 * nothing (DED-1).
 *
 * Does not: send, validate or understand events.
 */
import type { Wishes } from '../questions/wishes.ts'
import { lineBytesMax, linesMax } from './limits.ts'

export interface Batch {
  /** Events of the import format, one JSON object each. */
  readonly lines: readonly string[]
  /** What the user calls each of them: the number of the line or of the event, from 1. */
  readonly numbers: readonly number[]
  /** Lines left out here, since no request could carry them. */
  readonly unsendable: readonly BadLine[]
  /** How much of the source has been read after this batch, 0 to 1. */
  readonly done: number
}

export interface BadLine {
  readonly number: number
  readonly why: string
}

export interface Source {
  /** For people: `the shop workload`, `the history of zod`. */
  readonly title: string
  /** Id of the project that holds these events and nothing else: another content is another project. */
  readonly project: string
  /** What a number of `Batch.numbers` counts. */
  readonly unit: 'line' | 'event'
  /** What is worth asking; the rest is found in the events. */
  readonly wishes: Wishes
  batches(signal: AbortSignal): AsyncIterable<Batch>
}

export interface NumberedLine {
  readonly line: string
  readonly number: number
}

/** Lines as batches that a request takes. `done` is asked when a batch is full. */
export async function* batched(
  chunks: AsyncIterable<readonly NumberedLine[]> | Iterable<readonly NumberedLine[]>,
  done: () => number,
): AsyncGenerator<Batch> {
  let lines: string[] = []
  let numbers: number[] = []
  let unsendable: BadLine[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    for (const { line, number } of chunk) {
      const size = Buffer.byteLength(line)
      if (size > lineBytesMax) {
        unsendable.push({ number, why: `${size} bytes, want at most ${lineBytesMax}` })
        continue
      }
      if (lines.length === linesMax || bytes + size > lineBytesMax) {
        yield { lines, numbers, unsendable, done: done() }
        lines = []
        numbers = []
        unsendable = []
        bytes = 0
      }
      lines.push(line)
      numbers.push(number)
      bytes += size
    }
  }
  if (lines.length > 0 || unsendable.length > 0) yield { lines, numbers, unsendable, done: 1 }
}
