/**
 * Codes of the distinct strings of a block, in order of first sight.
 *
 * The table lives for one block: kept from block to block it was slower, since its strings grow old,
 * are far away when compared, and have to be moved by the garbage collector.
 */
import type { ByteWriter } from '../../../common/bytes/writer.ts'

export class TextCodes {
  /** The block's strings; the index is the code. */
  texts: string[] = []
  /** Made for the second string: many properties have one value in a block. */
  #codeOfText: Map<string, number> | undefined = undefined
  #lastText: string | undefined = undefined
  #lastCode = 0

  /** Starts a block. */
  begin(): void {
    this.texts = []
    this.#codeOfText = undefined
    this.#lastText = undefined
  }

  code(text: string): number {
    if (text === this.#lastText) return this.#lastCode
    this.#lastText = text
    this.#lastCode = this.#find(text)
    return this.#lastCode
  }

  #find(text: string): number {
    const { texts } = this
    if (texts.length === 0) {
      texts.push(text)
      return 0
    }
    if (this.#codeOfText === undefined) this.#codeOfText = new Map([[texts[0], 0]])
    const known = this.#codeOfText.get(text)
    if (known !== undefined) return known
    const code = texts.length
    this.#codeOfText.set(text, code)
    texts.push(text)
    return code
  }
}

/** Writes count and lengths, and appends the strings to the block's `texts`. */
export function writeTexts(writer: ByteWriter, list: readonly string[], texts: string[]): void {
  writer.varint(list.length)
  for (const text of list) {
    writer.varint(text.length)
    texts.push(text)
  }
}
