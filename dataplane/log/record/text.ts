/** Cuts the strings of a block from its text, which was decoded in one call. */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { readUtf8 } from '../../../common/bytes/utf8.ts'

export class TextReader {
  readonly #text: string
  readonly #reader: ByteReader
  /** Where the next string begins, in UTF-16 units. */
  #at = 0
  /** Text with characters above U+FFFF could be cut inside one. */
  readonly #mayBreak: boolean

  /** The text follows the body that `reader` covers, to the end of `raw`. Lengths are read from `reader`. */
  constructor(raw: Uint8Array, reader: ByteReader) {
    const text = readUtf8(raw, reader.end, raw.length)
    if (text === undefined) reader.fail('text of the block', 'bytes that are no text', 'valid UTF-8', reader.end)
    this.#text = text
    this.#reader = reader
    this.#mayBreak = text.length !== raw.length - reader.end
  }

  /** The next string; its length is the reader's next LEB128. */
  cut(): string {
    const length = this.#reader.varint('length of a string')
    const end = this.#at + length
    if (end > this.#text.length) {
      this.#reader.fail('length of a string', length, `at most ${this.#text.length - this.#at}`)
    }
    const text = this.#text.substring(this.#at, end)
    this.#at = end
    if (this.#mayBreak && !text.isWellFormed()) this.#reader.fail('string', 'half a character', 'whole characters')
    return text
  }

  /** The next `count` strings. `count` was checked by the caller. */
  cutAll(count: number): string[] {
    const texts = new Array<string>(count)
    for (let i = 0; i < count; i++) texts[i] = this.cut()
    return texts
  }

  expectEnd(): void {
    const rest = this.#text.length - this.#at
    if (rest !== 0) this.#reader.fail('text of the block', `${rest} units more`, 'no more text')
  }
}
