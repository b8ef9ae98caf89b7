/**
 * Bytes become lines, whatever the chunks are cut like. Empty lines are counted and left out.
 *
 * A line that is not UTF-8 is kept as `undefined`: replacing its bytes would send another event than the file has.
 */
import { isUtf8 } from 'node:buffer'
import { Fault } from '../fault.ts'
import { unbrokenBytesMax } from './limits.ts'

export interface Line {
  readonly number: number
  /** `undefined`: not UTF-8. */
  readonly text: string | undefined
}

export class LineSplitter {
  #rest: Buffer[] = []
  #restBytes = 0
  #number = 0

  /** Lines that the chunk completes. Throws `Fault` when no line ends for 16 MiB. */
  push(chunk: Buffer): Line[] {
    const end = chunk.lastIndexOf(0x0a)
    if (end === -1) {
      this.#rest.push(chunk)
      this.#restBytes += chunk.length
      if (this.#restBytes > unbrokenBytesMax) {
        throw new Fault(`line ${this.#number + 1} does not end within 16 MiB: want NDJSON, one event a line`)
      }
      return []
    }
    const block = Buffer.concat([...this.#rest, chunk.subarray(0, end)])
    this.#rest = [chunk.subarray(end + 1)]
    this.#restBytes = chunk.length - end - 1
    return this.#linesOf(block)
  }

  /** The last line, where the input does not end in a line break. */
  finish(): Line[] {
    const block = Buffer.concat(this.#rest)
    this.#rest = []
    return block.length === 0 ? [] : this.#linesOf(block)
  }

  #linesOf(block: Buffer): Line[] {
    const texts = isUtf8(block) ? block.toString('utf8').split('\n') : rawLines(block)
    const lines: Line[] = []
    for (const given of texts) {
      const number = ++this.#number
      const text = number === 1 && given?.startsWith('\uFEFF') ? given.slice(1) : given
      if (text === undefined || text.trim() !== '') lines.push({ number, text })
    }
    return lines
  }
}

function rawLines(block: Buffer): (string | undefined)[] {
  const lines: (string | undefined)[] = []
  for (let start = 0; start <= block.length; ) {
    const at = block.indexOf(0x0a, start)
    const line = block.subarray(start, at === -1 ? block.length : at)
    lines.push(isUtf8(line) ? line.toString('utf8') : undefined)
    start = at === -1 ? block.length + 1 : at + 1
  }
  return lines
}
