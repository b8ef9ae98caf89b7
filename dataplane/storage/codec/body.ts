/**
 * The bytes of one column: parts written one after another, read back in the same order.
 *
 * *Loose* bodies (large slices) start 8-byte aligned in the file and every part is a whole number of
 * 32-bit words, so that a reader can look at the words where they lie. *Tight* bodies (small slices)
 * have parts of whole bytes and no padding; a reader copies them, which costs nothing at their size.
 *
 * Does not: checksum. Whoever read the body from a file has done that (`segment/region.ts`).
 */
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { corrupt } from '../../../common/errors/errors.ts'

/** How columns are written. */
export interface ColumnStyle {
  readonly tight: boolean
  /** Cold bytes shorter than this are not packed by zstd, `Infinity`: none are. */
  readonly packBytesMin: number
}

/** Collects a column: `head` is its description (part of the directory), `body` its bytes. */
export class ColumnSink {
  readonly head: ByteWriter
  readonly body: ByteWriter
  #style: ColumnStyle

  constructor(style: ColumnStyle) {
    this.#style = style
    this.head = new ByteWriter(32)
    this.body = new ByteWriter(256)
  }

  get tight(): boolean {
    return this.#style.tight
  }

  get packBytesMin(): number {
    return this.#style.packBytesMin
  }

  /** Forgets what was written and keeps the memory. */
  reset(style: ColumnStyle): void {
    this.#style = style
    this.head.reset()
    this.body.reset()
  }

  /** Appends packed words of which the first `bits` bits are meant. */
  words(words: Uint32Array, bits: number): void {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    this.body.bytes(bytes, 0, this.tight ? Math.ceil(bits / 8) : Math.ceil(bits / 32) * 4)
  }

  /** Appends bytes as they are. */
  bytes(bytes: Uint8Array): void {
    this.body.bytes(bytes)
    if (!this.tight) this.body.align(4)
  }
}

/** Where a body came from, for error messages. */
export interface Origin {
  readonly object: string
  /** Byte offset in the object. */
  readonly offset: number
}

export class BodyReader {
  readonly tight: boolean
  readonly origin: Origin
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array, tight: boolean, origin: Origin) {
    this.tight = tight
    this.origin = origin
    this.#bytes = !tight && (bytes.byteOffset & 3) !== 0 ? bytes.slice() : bytes
  }

  /** Words that hold `bits` bits, zero-copy where the body is loose. */
  words(bits: number): Uint32Array {
    const length = this.tight ? Math.ceil(bits / 8) : Math.ceil(bits / 32) * 4
    const from = this.#take(length)
    if (!this.tight) return new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset + from, length >>> 2)
    const words = new Uint32Array((length + 3) >>> 2)
    new Uint8Array(words.buffer).set(this.#bytes.subarray(from, from + length))
    return words
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const from = this.#take(this.tight ? length : Math.ceil(length / 4) * 4)
    return this.#bytes.subarray(from, from + length)
  }

  /** Everything must have been asked for, or directory and body disagree. */
  finish(): void {
    if (this.#at !== this.#bytes.length) this.fail('length of the column', this.#bytes.length, this.#at)
  }

  fail(what: string, got: string | number, want: string | number): never {
    return corrupt({ code: 'SEGMENT_CORRUPT', ...this.origin, what, got, want })
  }

  /** The bytes are whole, but written by a build that knows more. */
  unknown(what: string, got: number, most: number): never {
    return corrupt({ code: 'FORMAT_UNKNOWN', ...this.origin, what, got, want: `0 to ${most}` })
  }

  #take(length: number): number {
    const from = this.#at
    if (from + length > this.#bytes.length) this.fail('length of the column', this.#bytes.length, from + length)
    this.#at = from + length
    return from
  }
}
