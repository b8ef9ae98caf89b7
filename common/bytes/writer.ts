/**
 * Grows a byte string from the front. Integers are little-endian; lengths and counts are LEB128.
 *
 * Does not: know any format; checks only that a number fits its field, since a number that does not
 * is a defect of the caller (`bug`).
 */
import { bug } from '../errors/errors.ts'
import { utf8BytesMax, writeUtf8 } from './utf8.ts'

export class ByteWriter {
  /** Bytes written so far. */
  length = 0
  #bytes: Uint8Array
  #view: DataView

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  u8(value: number): void {
    if ((value & 0xff) !== value) unfit('u8', value)
    this.#reserve(1)
    this.#bytes[this.length++] = value
  }

  u16(value: number): void {
    if ((value & 0xffff) !== value) unfit('u16', value)
    this.#reserve(2)
    this.#view.setUint16(this.length, value, true)
    this.length += 2
  }

  u32(value: number): void {
    if (value >>> 0 !== value) unfit('u32', value)
    this.#reserve(4)
    this.#view.setUint32(this.length, value, true)
    this.length += 4
  }

  /** An integer from 0 to 2^53 - 1 in eight bytes. */
  u64(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) unfit('u64', value)
    this.#reserve(8)
    this.#view.setUint32(this.length, value >>> 0, true)
    this.#view.setUint32(this.length + 4, Math.floor(value / 0x100000000), true)
    this.length += 8
  }

  /** A double, bit for bit. */
  f64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** An integer from 0 to 2^53 - 1 as LEB128, one to eight bytes. */
  varint(value: number): void {
    this.#reserve(8)
    const bytes = this.#bytes
    let at = this.length
    let rest = value
    if (rest >>> 0 !== rest) {
      if (!Number.isSafeInteger(value) || value < 0) unfit('varint', value)
      while (rest > 0xffffffff) {
        bytes[at++] = (rest % 128) | 0x80
        rest = Math.floor(rest / 128)
      }
    }
    for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
    bytes[at++] = rest
    this.length = at
  }

  /** A signed integer of magnitude up to 2^52 - 1, small ones short: 0, -1, 1, -2 become 0, 1, 2, 3. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** UTF-8 with its length in bytes before it. */
  string(text: string): void {
    // Room for the text behind the longest length, so that writing the length never moves the buffer.
    this.#reserve(utf8BytesMax(text) + 8)
    if (utf8BytesMax(text) < 0x80) {
      const count = writeUtf8(text, this.#bytes, this.length + 1)
      this.#bytes[this.length] = count
      this.length += 1 + count
      return
    }
    const parked = this.length + 8
    const count = writeUtf8(text, this.#bytes, parked)
    this.varint(count)
    this.#bytes.copyWithin(this.length, parked, parked + count)
    this.length += count
  }

  /** UTF-8 without a length. */
  text(text: string): void {
    this.#reserve(utf8BytesMax(text))
    this.length += writeUtf8(text, this.#bytes, this.length)
  }

  /** Bytes `[start, end)` of `source` as they are. */
  bytes(source: Uint8Array, start = 0, end: number = source.length): void {
    const count = end - start
    this.#reserve(count)
    if (count <= 16) for (let i = 0; i < count; i++) this.#bytes[this.length + i] = source[start + i]
    else this.#bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.length)
    this.length += count
  }

  /** Puts the length of what was written since `start` before it, as LEB128: for lengths known only afterwards. */
  insertLength(start: number): void {
    const count = this.length - start
    this.varint(count)
    const shift = this.length - start - count
    this.#bytes.copyWithin(start + shift, start, start + count)
    this.length = start
    this.varint(count)
    this.length += count
  }

  /** Zeros up to the next multiple of `alignment`. */
  align(alignment: number): void {
    const target = Math.ceil(this.length / alignment) * alignment
    this.#reserve(target - this.length)
    this.#bytes.fill(0, this.length, target)
    this.length = target
  }

  /** Leaves room for `count` bytes and returns where; the caller fills all of them through `view()`, for a bulk that no method knows. */
  leave(count: number): number {
    this.#reserve(count)
    this.length += count
    return this.length - count
  }

  /** Overwrites four bytes that were written before, for a length or checksum known only later. */
  patchU32(at: number, value: number): void {
    if (at + 4 > this.length || value >>> 0 !== value) unfit(`u32 patched at ${at} of ${this.length}`, value)
    this.#view.setUint32(at, value, true)
  }

  /** What was written, without a copy: valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.length = 0
  }

  #reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

function unfit(field: string, value: number): never {
  bug(`${value} does not fit the field ${field}`)
}
