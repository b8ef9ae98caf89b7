/**
 * Anyone's events: a file of NDJSON in the import format, plain, gzip or zstd (told by its first bytes, not by its name).
 *
 * The project's id has a hash of the file in it: the same file again is the same project, another content another one.
 * Does not: repair lines. What ingest refuses is reported with its line number.
 */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { Fault } from '../fault.ts'
import { type Line, LineSplitter } from './lines.ts'
import { slug } from './slug.ts'
import { batched, type NumberedLine, type Source } from './source.ts'

/** A file as the machine opens it. */
export interface EventFile {
  readonly path: string
  /** Bytes on disk, as they are stored. */
  stored(): AsyncIterable<Buffer>
  /** Decompressed bytes; `progress` is told the share of the stored bytes that were read. Throws `Fault` on damaged input. */
  read(signal: AbortSignal, progress: (share: number) => void): AsyncIterable<Buffer>
}

export async function fileSource(file: EventFile): Promise<Source> {
  const hash = createHash('sha256')
  for await (const chunk of file.stored()) hash.update(chunk)
  const name = basename(file.path).replace(/\.(ndjson|jsonl|json)?(\.(gz|zst))?$/, '')
  return {
    title: basename(file.path),
    project: `file-${slug(name)}-${hash.digest('hex').slice(0, 8)}`,
    unit: 'line',
    wishes: {},
    async *batches(signal) {
      let share = 0
      const bytes = file.read(signal, (now) => {
        share = now
      })
      const bad: Line[] = []
      for await (const batch of batched(lines(bytes, bad), () => share)) {
        const unsendable = [...batch.unsendable, ...bad.splice(0).map(({ number }) => ({ number, why: 'not UTF-8' }))]
        yield { ...batch, unsendable }
      }
      if (bad.length > 0) {
        yield { lines: [], numbers: [], unsendable: bad.map(({ number }) => ({ number, why: 'not UTF-8' })), done: 1 }
      }
    },
  }
}

async function* lines(bytes: AsyncIterable<Buffer>, bad: Line[]): AsyncGenerator<NumberedLine[]> {
  const splitter = new LineSplitter()
  let first = true
  const sendable = (found: readonly Line[]): NumberedLine[] => {
    const good: NumberedLine[] = []
    for (const line of found) {
      if (line.text === undefined) {
        bad.push(line)
        continue
      }
      if (first && line.text.trimStart().startsWith('[')) {
        throw new Fault("the file begins with '[': want NDJSON, one event a line; jq -c '.[]' makes that of an array")
      }
      first = false
      good.push({ line: line.text, number: line.number })
    }
    return good
  }
  for await (const chunk of bytes) yield sendable(splitter.push(chunk))
  yield sendable(splitter.finish())
}
