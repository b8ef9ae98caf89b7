/**
 * A sequence of unsigned 32-bit integers, encoded by what is smallest for it and decoded by block.
 *
 *     head:  kind u8, then
 *       0 constant   value varint
 *       1 packed     base varint, width u8
 *       2 blocks     base width u8, smallest base varint
 *     body:
 *       1 packed     words of `count` values minus base
 *       2 blocks     a width (u8) per block of 1024 · bases minus the smallest, packed · per block its words
 *
 * The count is never stored: who reads knows it. Method: frame of reference per block
 * (Goldstein, Ramakrishnan, Shaft 1998).
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { bug } from '../../../common/errors/errors.ts'
import type { BodyReader, ColumnSink } from './body.ts'
import { bitWidth, packBits, packedWords } from './pack.ts'
import { type Packed, unpackBits } from './unpack.ts'

/** Values per block: the unit of decoding. */
export const intsBlock = 1024

const constantKind = 0
const packedKind = 1
const blocksKind = 2

/** How a sequence will be written, and the bytes that it takes. */
export interface IntsPlan {
  readonly kind: number
  readonly count: number
  readonly base: number
  readonly width: number
  /** Per block; empty unless `blocks`. */
  readonly bases: Uint32Array
  readonly widths: Uint8Array
  readonly bytes: number
}

/** Decides how `values[0, count)` is written. */
export function planInts(values: Uint32Array, count: number = values.length): IntsPlan {
  const blocks = Math.ceil(count / intsBlock)
  const bases = new Uint32Array(blocks)
  const widths = new Uint8Array(blocks)
  let min = 0xffffffff
  let max = 0
  let bits = 0
  for (let block = 0; block < blocks; block++) {
    const from = block * intsBlock
    const to = Math.min(count, from + intsBlock)
    let low = values[from]
    let high = low
    for (let i = from + 1; i < to; i++) {
      const value = values[i]
      if (value < low) low = value
      else if (value > high) high = value
    }
    bases[block] = low
    widths[block] = bitWidth(high - low)
    bits += packedWords(to - from, widths[block]) * 32
    if (low < min) min = low
    if (high > max) max = high
  }
  const none = { bases: new Uint32Array(0), widths: new Uint8Array(0) }
  if (count === 0 || min === max) {
    const base = count === 0 ? 0 : min
    return { kind: constantKind, count, base, width: 0, ...none, bytes: 2 + bitWidth(base) / 7 }
  }
  const width = bitWidth(max - min)
  const packed = 4 + (count * width) / 8
  const baseWidth = bitWidth(bases.reduce((most, base) => Math.max(most, base - min), 0))
  const blocked = 4 + blocks * (1 + baseWidth / 8) + bits / 8
  if (blocks === 1 || packed <= blocked) return { kind: packedKind, count, base: min, width, ...none, bytes: packed }
  return { kind: blocksKind, count, base: min, width: baseWidth, bases, widths, bytes: blocked }
}

export function writeInts(values: Uint32Array, sink: ColumnSink, plan: IntsPlan = planInts(values)): void {
  const { kind, count, base, width } = plan
  sink.head.u8(kind)
  if (kind === constantKind) sink.head.varint(base)
  else if (kind === packedKind) {
    sink.head.varint(base)
    sink.head.u8(width)
    const words = new Uint32Array(packedWords(count, width))
    packBits(values, { from: 0, count, base, width }, words, 0)
    sink.words(words, count * width)
  } else writeBlocks(values, sink, plan)
}

function writeBlocks(values: Uint32Array, sink: ColumnSink, plan: IntsPlan): void {
  const { count, base, width: baseWidth, bases, widths } = plan
  const blocks = widths.length
  sink.head.u8(baseWidth)
  sink.head.varint(base)
  sink.bytes(widths)
  const packedBases = new Uint32Array(packedWords(blocks, baseWidth))
  packBits(bases, { from: 0, count: blocks, base, width: baseWidth }, packedBases, 0)
  sink.words(packedBases, blocks * baseWidth)
  const ends = blockEnds(count, widths)
  const words = new Uint32Array(ends[blocks])
  for (let block = 0; block < blocks; block++) {
    const from = block * intsBlock
    const size = Math.min(intsBlock, count - from)
    packBits(values, { from, count: size, base: bases[block], width: widths[block] }, words, ends[block])
  }
  sink.words(words, words.length * 32)
}

/** Word at which each block begins, and after the last one where it ends. */
function blockEnds(count: number, widths: Uint8Array): Uint32Array {
  const ends = new Uint32Array(widths.length + 1)
  for (let block = 0; block < widths.length; block++) {
    const size = Math.min(intsBlock, count - block * intsBlock)
    ends[block + 1] = ends[block] + packedWords(size, widths[block])
  }
  return ends
}

/** Reads what `writeInts` wrote for `count` values. Throws `CorruptError` where head and body do not agree. */
export function readInts(head: ByteReader, body: BodyReader, count: number): Ints {
  const kind = head.u8()
  if (kind === constantKind) return Ints.constant(count, u32(head, body))
  if (kind === packedKind) {
    const base = u32(head, body)
    const width = widthOf(head.u8(), body)
    return new Ints(count, count, [{ words: body.words(count * width), at: 0, width, base }])
  }
  if (kind !== blocksKind) body.unknown('encoding of integers', kind, blocksKind)
  const baseWidth = widthOf(head.u8(), body)
  const smallest = u32(head, body)
  const blocks = Math.ceil(count / intsBlock)
  const widths = body.bytes(blocks)
  for (let block = 0; block < blocks; block++) widthOf(widths[block], body)
  const bases = new Uint32Array(blocks)
  unpackBits({ words: body.words(blocks * baseWidth), at: 0, width: baseWidth, base: smallest }, 0, blocks, bases, 0)
  const ends = blockEnds(count, widths)
  const words = body.words(ends[blocks] * 32)
  const packed: Packed[] = []
  for (let block = 0; block < blocks; block++) {
    packed.push({ words, at: ends[block], width: widths[block], base: bases[block] })
  }
  return new Ints(count, intsBlock, packed)
}

function u32(head: ByteReader, body: BodyReader): number {
  const value = head.varint()
  if (value > 0xffffffff) body.fail('integer of 32 bits', value, 'at most 4294967295')
  return value
}

function widthOf(width: number, body: BodyReader): number {
  if (width > 32) body.fail('bits of a packed integer', width, 'at most 32')
  return width
}

/** A decoded description: values are decoded when asked for. */
export class Ints {
  readonly count: number
  readonly #blockSize: number
  readonly #blocks: readonly Packed[]

  constructor(count: number, blockSize: number, blocks: readonly Packed[]) {
    this.count = count
    this.#blockSize = Math.max(1, blockSize)
    this.#blocks = blocks
  }

  static constant(count: number, value: number): Ints {
    return new Ints(count, count, [{ words: new Uint32Array(0), at: 0, width: 0, base: value }])
  }

  /** How the values are written, for people: `constant`, `5 bits`, `3-7 bits by block`. */
  get encoding(): string {
    const widths = this.#blocks.map((block) => block.width)
    const low = Math.min(...widths)
    const high = Math.max(...widths)
    if (widths.length > 1) return `${low === high ? low : `${low}-${high}`} bits by block`
    return high === 0 ? 'constant' : `${high} bits`
  }

  /** The value, when all are known to be equal without decoding. */
  get constant(): number | undefined {
    return this.#blocks.length === 1 && this.#blocks[0].width === 0 ? this.#blocks[0].base : undefined
  }

  /** Decodes values `[start, end)` into `out[at ..]`. */
  decode(start: number, end: number, out: Uint32Array, at = 0): void {
    if (start < 0 || end > this.count) bug(`values ${start} to ${end} asked of ${this.count}`)
    const size = this.#blockSize
    for (let from = start; from < end; ) {
      const block = Math.floor(from / size)
      const to = Math.min(end, (block + 1) * size)
      unpackBits(this.#blocks[block], from - block * size, to - from, out, at + from - start)
      from = to
    }
  }

  /** All values. */
  all(): Uint32Array {
    const out = new Uint32Array(this.count)
    this.decode(0, this.count, out)
    return out
  }

  /** Lower and upper bound of the values of a block of 1024; not tight above. */
  bounds(block: number): { readonly low: number; readonly high: number } {
    const { width, base } = this.#blocks[this.#blocks.length === 1 ? 0 : block]
    return { low: base, high: Math.min(0xffffffff, base + 2 ** width - 1) }
  }
}
