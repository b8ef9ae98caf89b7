/**
 * A sequence of unsigned 32-bit integers, encoded by what is smallest for it and decoded by block.
 *
 *     head:  kind u8, then
 *       0 constant   value varint
 *       1 packed     base varint, width u8
 *       2 blocks     base width u8, smallest base varint
 *       3 patched    as 2, then patches varint, width of their counts u8, width of their high parts u8
 *     body:
 *       1 packed     words of `count` values minus base
 *       2 blocks     a width (u8) per block of 1024 · bases minus the smallest, packed · words per block
 *       3 patched    as 2, then patches per block, packed · their places in the block, 10 bits each ·
 *                    what of their values lies above the block's width, packed
 *
 * The count is never stored: who reads knows it. Methods: frame of reference per block (Goldstein,
 * Ramakrishnan, Shaft 1998), patching of outliers (Zukowski, Héman, Nes, Boncz 2006).
 *
 * Does not: decode; `ints-reader.ts` does.
 */
import type { ColumnSink } from './body.ts'
import { bitWidth, packBits, packedWords } from './pack.ts'

/** Values per block: the unit of decoding. */
export const intsBlock = 1024
/** Bits of a place in a block. */
export const placeBits = 10

export const constantKind = 0
export const packedKind = 1
export const blocksKind = 2
export const patchedKind = 3

/** How a sequence will be written, and the bytes that it takes. */
export interface IntsPlan {
  readonly kind: number
  readonly count: number
  /** The constant, the base, or the smallest base of a block. */
  readonly base: number
  /** Bits of a value (packed) or of a base (blocks). */
  readonly width: number
  /** Per block; empty where the kind has none. */
  readonly bases: Uint32Array
  readonly widths: Uint8Array
  readonly bytes: number
}

/** What the blocks of a sequence look like. */
interface Blocks {
  readonly bases: Uint32Array
  /** Bits of the largest value, and the bits with which the block is smallest when outliers are patched. */
  readonly widths: Uint8Array
  readonly narrow: Uint8Array
  readonly min: number
  readonly max: number
  /** Bits of all values, without and with patching. */
  readonly bits: number
  readonly patchedBits: number
}

const emptyBases = new Uint32Array(0)
const emptyWidths = new Uint8Array(0)

/** Decides how `values[0, count)` is written. */
export function planInts(values: Uint32Array, count: number = values.length): IntsPlan {
  const blocks = measure(values, count)
  const { min, max } = blocks
  if (count === 0 || min === max) {
    const base = count === 0 ? 0 : min
    const bytes = 2 + bitWidth(base) / 7
    return { kind: constantKind, count, base, width: 0, bases: emptyBases, widths: emptyWidths, bytes }
  }
  const width = bitWidth(max - min)
  const packed = 4 + (count * width) / 8
  const baseWidth = bitWidth(blocks.bases.reduce((most, base) => Math.max(most, base - min), 0))
  const shape = 4 + blocks.widths.length * (1 + baseWidth / 8)
  const blocked = shape + blocks.bits / 8
  const patched = shape + 4 + blocks.widths.length + blocks.patchedBits / 8
  if (packed <= blocked && packed <= patched) {
    return { kind: packedKind, count, base: min, width, bases: emptyBases, widths: emptyWidths, bytes: packed }
  }
  const shared = { count, base: min, width: baseWidth, bases: blocks.bases }
  // Patches cost time as well, so they must save something.
  if (patched < 0.95 * blocked) return { kind: patchedKind, ...shared, widths: blocks.narrow, bytes: patched }
  if (packed <= blocked) {
    return { kind: packedKind, count, base: min, width, bases: emptyBases, widths: emptyWidths, bytes: packed }
  }
  return { kind: blocksKind, ...shared, widths: blocks.widths, bytes: blocked }
}

function measure(values: Uint32Array, count: number): Blocks {
  const blocks = Math.ceil(count / intsBlock)
  const bases = new Uint32Array(blocks)
  const widths = new Uint8Array(blocks)
  const narrow = new Uint8Array(blocks)
  let min = 0xffffffff
  let max = 0
  let bits = 0
  let patchedBits = 0
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
    const choice = narrowest(values, { from, to, base: low, widest: widths[block] })
    narrow[block] = choice.width
    patchedBits += choice.bits
    if (low < min) min = low
    if (high > max) max = high
  }
  return { bases, widths, narrow, min, max, bits, patchedBits }
}

const histogram = new Uint32Array(33)

/** The width with which a block takes the fewest bits when wider values are patched. */
function narrowest(
  values: Uint32Array,
  block: { readonly from: number; readonly to: number; readonly base: number; readonly widest: number },
): { readonly width: number; readonly bits: number } {
  const { from, to, base, widest } = block
  histogram.fill(0)
  for (let i = from; i < to; i++) histogram[32 - Math.clz32(values[i] - base)]++
  let width = widest
  let bits = packedWords(to - from, widest) * 32
  let wider = 0
  for (let candidate = widest - 1; candidate >= 0; candidate--) {
    wider += histogram[candidate + 1]
    const cost = packedWords(to - from, candidate) * 32 + wider * (placeBits + widest - candidate)
    if (cost < bits) {
      bits = cost
      width = candidate
    }
  }
  return { width, bits }
}

export function writeInts(values: Uint32Array, sink: ColumnSink, plan: IntsPlan = planInts(values)): void {
  const { kind, count, base, width } = plan
  sink.head.u8(kind)
  if (kind === constantKind) sink.head.varint(base)
  else if (kind === packedKind) {
    sink.head.varint(base)
    sink.head.u8(width)
    writeWords(values, { count, base, width }, sink)
  } else writeBlocks(values, sink, plan)
}

function writeBlocks(values: Uint32Array, sink: ColumnSink, plan: IntsPlan): void {
  const { kind, count, base, width: baseWidth, bases, widths } = plan
  const blocks = widths.length
  const patches = kind === patchedKind ? findPatches(values, plan) : undefined
  sink.head.u8(baseWidth)
  sink.head.varint(base)
  sink.bytes(widths)
  writeWords(bases, { count: blocks, base, width: baseWidth }, sink)
  const ends = blockEnds(count, widths, new Uint32Array(blocks + 1))
  const words = new Uint32Array(ends[blocks])
  const low = new Uint32Array(intsBlock)
  for (let block = 0; block < blocks; block++) {
    const from = block * intsBlock
    const size = Math.min(intsBlock, count - from)
    const mask = widths[block] === 32 ? 0xffffffff : 2 ** widths[block] - 1
    for (let i = 0; i < size; i++) low[i] = (values[from + i] - bases[block]) & mask
    packBits(low, { from: 0, count: size, base: 0, width: widths[block] }, words, ends[block])
  }
  sink.words(words, words.length * 32)
  if (patches === undefined) return
  const countWidth = bitWidth(patches.perBlock.reduce((most, value) => Math.max(most, value), 0))
  const highWidth = bitWidth(patches.highs.reduce((most, value) => Math.max(most, value), 0))
  sink.head.varint(patches.highs.length)
  sink.head.u8(countWidth)
  sink.head.u8(highWidth)
  writeWords(patches.perBlock, { count: blocks, base: 0, width: countWidth }, sink)
  writeWords(Uint32Array.from(patches.places), { count: patches.places.length, base: 0, width: placeBits }, sink)
  writeWords(Uint32Array.from(patches.highs), { count: patches.highs.length, base: 0, width: highWidth }, sink)
}

function findPatches(values: Uint32Array, { count, bases, widths }: IntsPlan) {
  const perBlock = new Uint32Array(widths.length)
  const places: number[] = []
  const highs: number[] = []
  for (let block = 0; block < widths.length; block++) {
    const width = widths[block]
    if (width === 32) continue
    const from = block * intsBlock
    const to = Math.min(count, from + intsBlock)
    for (let i = from; i < to; i++) {
      const high = (values[i] - bases[block]) >>> width
      if (high === 0) continue
      perBlock[block]++
      places.push(i - from)
      highs.push(high)
    }
  }
  return { perBlock, places, highs }
}

function writeWords(
  values: Uint32Array,
  range: { readonly count: number; readonly base: number; readonly width: number },
  sink: ColumnSink,
): void {
  const words = new Uint32Array(packedWords(range.count, range.width))
  packBits(values, { from: 0, ...range }, words, 0)
  sink.words(words, range.count * range.width)
}

/** Fills `ends` with the word at which each block begins, and after the last one where it ends. */
export function blockEnds(count: number, widths: Uint8Array, ends: Uint32Array): Uint32Array {
  ends[0] = 0
  for (let block = 0; block < widths.length; block++) {
    const size = Math.min(intsBlock, count - block * intsBlock)
    ends[block + 1] = ends[block] + packedWords(size, widths[block])
  }
  return ends
}
