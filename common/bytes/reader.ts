/**
 * Reads a byte string that may be damaged: every field is bounds-checked, and what does not fit is
 * reported as `CorruptError` with the object, the offset in it, got and want. Never reads past the
 * end, never hangs, and never lets a length field decide an allocation before it was checked against
 * the bytes that are there.
 *
 * Does not: know any format, or verify checksums.
 */
import type { Code } from '../errors/codes.ts'
import { corrupt } from '../errors/errors.ts'
import { readUtf8 } from './utf8.ts'

export interface ByteReaderOptions {
  /** Name of the object for messages: a file path, an object key, `partition 3 offset 17`. */
  readonly object: string
  readonly code: Code
  /** Where `bytes[0]` lies in the object, when the bytes are a piece of it. */
  readonly base?: number
  /** Part of `bytes` to read, by default all of it. */
  readonly start?: number
  readonly end?: number
}

export class ByteReader {
  readonly bytes: Uint8Array
  readonly object: string
  readonly code: Code
  readonly base: number
  /** Index into `bytes` of the next byte. */
  position: number
  /** Index into `bytes` after the last byte that may be read. */
  readonly end: number
  /** Made when a fixed-width field is first read: most readers live for a few varints. */
  #fixed: DataView | undefined

  constructor(bytes: Uint8Array, options: ByteReaderOptions) {
    this.bytes = bytes
    this.object = options.object
    this.code = options.code
    this.base = options.base ?? 0
    this.position = options.start ?? 0
    this.end = options.end ?? bytes.length
    if (this.end > bytes.length) this.fail('end of the part', bytes.length, `at least ${this.end} bytes`)
    if (this.position > this.end) this.fail('start of the part', this.position, `at most ${this.end}`)
  }

  get remaining(): number {
    return this.end - this.position
  }

  get #view(): DataView {
    this.#fixed ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    return this.#fixed
  }

  u8(what = 'u8'): number {
    return this.bytes[this.#take(1, what)]
  }

  u16(what = 'u16'): number {
    return this.#view.getUint16(this.#take(2, what), true)
  }

  u32(what = 'u32'): number {
    return this.#view.getUint32(this.#take(4, what), true)
  }

  /** An integer from 0 to 2^53 - 1. */
  u64(what = 'u64'): number {
    const at = this.#take(8, what)
    const high = this.#view.getUint32(at + 4, true)
    if (high > 0x1fffff) this.fail(what, `high word ${high}`, 'an integer below 2^53', at)
    return high * 0x100000000 + this.#view.getUint32(at, true)
  }

  f64(what = 'f64'): number {
    return this.#view.getFloat64(this.#take(8, what), true)
  }

  /** LEB128 of an integer from 0 to 2^53 - 1 in its shortest form. */
  varint(what = 'varint'): number {
    const start = this.position
    const first = this.u8(what)
    if (first < 0x80) return first
    let value = first & 0x7f
    let scale = 128
    for (let count = 1; ; count++) {
      const byte = this.u8(what)
      value += (byte & 0x7f) * scale
      if (count === 7 && byte > 0x0f) this.fail(what, `byte ${byte} at place 8`, 'an integer below 2^53', start)
      if (byte < 0x80) {
        if (byte === 0) this.fail(what, 'a last byte of 0', 'the shortest form', start)
        return value
      }
      scale *= 128
    }
  }

  /** The inverse of `ByteWriter.zigzag`. */
  zigzag(what = 'zigzag'): number {
    const value = this.varint(what)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /**
   * A LEB128 count of things that take at least `bytesEachMin` bytes each, checked against what is left,
   * so that it may size an allocation. For things that take no bytes give their limit to `varintMax`.
   */
  count(bytesEachMin: number, what = 'count'): number {
    const start = this.position
    const count = this.varint(what)
    if (count * bytesEachMin > this.remaining) {
      this.fail(what, count, `at most ${Math.floor(this.remaining / bytesEachMin)} in ${this.remaining} bytes`, start)
    }
    return count
  }

  /** A LEB128 integer from 0 to `max`. */
  varintMax(max: number, what = 'varint'): number {
    const start = this.position
    const value = this.varint(what)
    if (value > max) this.fail(what, value, `at most ${max}`, start)
    return value
  }

  /** UTF-8 with its length before it. */
  string(what = 'string'): string {
    const count = this.count(1, `length of ${what}`)
    return this.text(count, what)
  }

  /** `count` bytes of UTF-8. */
  text(count: number, what = 'text'): string {
    const at = this.#take(count, what)
    const text = readUtf8(this.bytes, at, at + count)
    if (text === undefined) this.fail(what, 'bytes that are no text', 'valid UTF-8', at)
    return text
  }

  /** `count` bytes, without a copy. */
  take(count: number, what = 'bytes'): Uint8Array {
    const at = this.#take(count, what)
    return this.bytes.subarray(at, at + count)
  }

  /** Passes over `count` bytes and returns where they start in `bytes`. */
  skip(count: number, what = 'bytes'): number {
    return this.#take(count, what)
  }

  /** Zeros up to the next multiple of `alignment` (of the index into `bytes`); anything else is damage. */
  align(alignment: number, what = 'padding'): void {
    const target = Math.ceil(this.position / alignment) * alignment
    for (let at = this.#take(target - this.position, what); at < target; at++) {
      if (this.bytes[at] !== 0) this.fail(what, this.bytes[at], 0, at)
    }
  }

  /** Throws unless all was read. */
  expectEnd(what = 'end'): void {
    if (this.position !== this.end) this.fail(what, `${this.remaining} bytes more`, 'no more bytes')
  }

  /** Always throws. `at` is an index into `bytes`, by default where the reader stands. */
  fail(what: string, got: string | number, want: string | number, at: number = this.position): never {
    corrupt({ code: this.code, object: this.object, offset: this.base + at, what, got, want })
  }

  #take(count: number, what: string): number {
    const at = this.position
    if (!(count >= 0 && count <= this.end - at)) {
      this.fail(what, `${this.end - at} bytes before the end`, `${count} bytes`)
    }
    this.position = at + count
    return at
  }
}
