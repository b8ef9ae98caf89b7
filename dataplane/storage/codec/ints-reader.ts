/**
 * Reads the integers that `ints.ts` wrote: all at once into an array (`decodeInts`), or as a column
 * that decodes ranges when asked (`readInts`).
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { bug } from '../../../common/errors/errors.ts'
import { type Allocator, heap, Scratch } from './arena.ts'
import type { BodyReader } from './body.ts'
import { blockEnds, blocksKind, constantKind, intsBlock, packedKind, patchedKind, placeBits } from './ints.ts'
import { unpackBits } from './unpack.ts'

const noWords = new Uint32Array(0)
/** Memory for the parts of a sequence that is decoded at once. */
const scratch = new Scratch()

/** Blocks of packed integers: block `b` has `widths[b]` bits a value from word `ends[b]`, above `bases[b]`. */
interface Blocks {
  readonly words: Uint32Array
  readonly size: number
  readonly widths: Uint8Array
  readonly bases: Uint32Array
  readonly ends: Uint32Array
}

/** Values wider than their block: what to add where. */
interface Patches {
  /** First patch of each block, and after the last one how many there are. */
  readonly starts: Uint32Array
  /** Place in the block, ascending within it. */
  readonly places: Uint32Array
  /** Already shifted to where it belongs. */
  readonly adds: Uint32Array
}

/** Reads `count` integers as a column. Throws `CorruptError` where head and body do not agree. */
export function readInts(head: ByteReader, body: BodyReader, count: number): Ints {
  const kind = head.u8('encoding of integers')
  if (kind === constantKind || kind === packedKind) return new Ints(count, readOne(kind, head, body, count))
  if (kind !== blocksKind && kind !== patchedKind) body.unknown('encoding of integers', kind, patchedKind)
  const blocks = readBlocks(head, body, { count, memory: heap })
  const patches = kind === patchedKind ? readPatches(head, body, { count, blocks, memory: heap }) : undefined
  return new Ints(count, blocks, patches)
}

/** Reads `out.length` integers into `out`. Throws as `readInts`. */
export function decodeInts(head: ByteReader, body: BodyReader, out: Uint32Array): void {
  const count = out.length
  const kind = head.u8('encoding of integers')
  if (kind === constantKind) {
    out.fill(head.varintMax(0xffffffff, 'constant integer'))
    return
  }
  if (kind === packedKind) {
    const base = head.varintMax(0xffffffff, 'base of integers')
    const width = widthOf(head.u8('bits of integers'), body)
    unpackBits({ words: body.words(count * width), at: 0, width, base }, 0, count, out, 0)
    return
  }
  if (kind !== blocksKind && kind !== patchedKind) body.unknown('encoding of integers', kind, patchedKind)
  scratch.reset()
  const blocks = readBlocks(head, body, { count, memory: scratch })
  unpackBlocks(blocks, 0, count, out, 0)
  if (kind === patchedKind) {
    const { starts, places, adds } = readPatches(head, body, { count, blocks, memory: scratch })
    for (let block = 0; block < blocks.widths.length; block++) {
      const first = block * intsBlock
      for (let i = starts[block]; i < starts[block + 1]; i++) out[first + places[i]] += adds[i]
    }
  }
}

/** A sequence without blocks of its own is one block. */
function readOne(kind: number, head: ByteReader, body: BodyReader, count: number): Blocks {
  const base = head.varintMax(0xffffffff, 'base of integers')
  const width = kind === packedKind ? widthOf(head.u8('bits of integers'), body) : 0
  const words = width === 0 ? noWords : body.words(count * width)
  const size = Math.max(1, count)
  return { words, size, widths: Uint8Array.of(width), bases: Uint32Array.of(base), ends: Uint32Array.of(0) }
}

function readBlocks(
  head: ByteReader,
  body: BodyReader,
  { count, memory }: { readonly count: number; readonly memory: Allocator },
): Blocks {
  const baseWidth = widthOf(head.u8('bits of bases'), body)
  const smallest = head.varintMax(0xffffffff, 'base of integers')
  const blocks = Math.ceil(count / intsBlock)
  const widths = body.bytes(blocks)
  for (let block = 0; block < blocks; block++) widthOf(widths[block], body)
  const bases = memory.u32(blocks)
  unpackBits({ words: body.words(blocks * baseWidth), at: 0, width: baseWidth, base: smallest }, 0, blocks, bases, 0)
  const ends = blockEnds(count, widths, memory.u32(blocks + 1))
  return { words: body.words(ends[blocks] * 32), size: intsBlock, widths, bases, ends }
}

function unpackBlocks(blocks: Blocks, start: number, end: number, out: Uint32Array, at: number): void {
  const { words, size, widths, bases, ends } = blocks
  for (let from = start; from < end; ) {
    const block = Math.floor(from / size)
    const first = block * size
    const to = Math.min(end, first + size)
    const packed = { words, at: ends[block], width: widths[block], base: bases[block] }
    unpackBits(packed, from - first, to - from, out, at + from - start)
    from = to
  }
}

function readPatches(
  head: ByteReader,
  body: BodyReader,
  { count, blocks, memory }: { readonly count: number; readonly blocks: Blocks; readonly memory: Allocator },
): Patches {
  const blockCount = blocks.widths.length
  const total = head.varintMax(count, 'patches of integers')
  const countWidth = widthOf(head.u8('bits of patch counts'), body)
  const highWidth = widthOf(head.u8('bits of patches'), body)
  const starts = memory.u32(blockCount + 1)
  starts[0] = 0
  unpackBits(
    { words: body.words(blockCount * countWidth), at: 0, width: countWidth, base: 0 },
    0,
    blockCount,
    starts,
    1,
  )
  const places = memory.u32(total)
  unpackBits({ words: body.words(total * placeBits), at: 0, width: placeBits, base: 0 }, 0, total, places, 0)
  const adds = memory.u32(total)
  unpackBits({ words: body.words(total * highWidth), at: 0, width: highWidth, base: 0 }, 0, total, adds, 0)
  for (let block = 0, from = 0; block < blockCount; block++) {
    const to = from + starts[block + 1]
    if (to > total) body.fail('patches of all blocks', to, total)
    starts[block + 1] = to
    const width = blocks.widths[block]
    let before = -1
    for (let i = from; i < to; i++) {
      if (places[i] <= before) body.fail('place of a patch', places[i], `above ${before}`)
      before = places[i]
      adds[i] <<= width
    }
    const size = Math.min(intsBlock, count - block * intsBlock)
    if (before >= size) body.fail('place of a patch', before, `below ${size}`)
    from = to
  }
  if (starts[blockCount] !== total) body.fail('patches of all blocks', starts[blockCount], total)
  return { starts, places, adds }
}

function widthOf(width: number, body: BodyReader): number {
  if (width > 32) body.fail('bits of a packed integer', width, 'at most 32')
  return width
}

/** A column of integers, decoded on demand. */
export class Ints {
  readonly count: number
  readonly #blocks: Blocks
  readonly #patches: Patches | undefined

  constructor(count: number, blocks: Blocks, patches?: Patches) {
    this.count = count
    this.#blocks = blocks
    this.#patches = patches
  }

  /** How the values are written, for people: `constant`, `5 bits`, `3-7 bits by block, patched`. */
  get encoding(): string {
    const { widths } = this.#blocks
    const low = widths.reduce((least, width) => Math.min(least, width), 32)
    const high = widths.reduce((most, width) => Math.max(most, width), 0)
    const patched = this.#patches === undefined ? '' : ', patched'
    if (widths.length > 1) return `${low === high ? low : `${low}-${high}`} bits by block${patched}`
    return high === 0 && patched === '' ? 'constant' : `${high} bits${patched}`
  }

  /** The value, when all are known to be equal without decoding. */
  get constant(): number | undefined {
    const { widths, bases } = this.#blocks
    return widths.length === 1 && widths[0] === 0 && this.#patches === undefined ? bases[0] : undefined
  }

  /** Decodes values `[start, end)` into `out[at ..]`. */
  decode(start: number, end: number, out: Uint32Array, at = 0): void {
    if (start < 0 || end > this.count) bug(`values ${start} to ${end} asked of ${this.count}`)
    unpackBlocks(this.#blocks, start, end, out, at)
    if (this.#patches !== undefined) this.#patch(this.#patches, start, end, out, at)
  }

  /** All values. */
  all(): Uint32Array {
    const out = new Uint32Array(this.count)
    this.decode(0, this.count, out)
    return out
  }

  /** Lower and upper bound of the values of a block of 1024; the upper one need not be reached. */
  bounds(block: number): { readonly low: number; readonly high: number } {
    const { widths, bases } = this.#blocks
    const index = widths.length === 1 ? 0 : block
    const low = bases[index]
    const patches = this.#patches
    let add = 0
    if (patches !== undefined) {
      for (let i = patches.starts[index]; i < patches.starts[index + 1]; i++) add = Math.max(add, patches.adds[i])
    }
    return { low, high: Math.min(0xffffffff, low + add + 2 ** widths[index] - 1) }
  }

  #patch({ starts, places, adds }: Patches, start: number, end: number, out: Uint32Array, at: number): void {
    for (let block = Math.floor(start / intsBlock); block * intsBlock < end; block++) {
      // Place of the block's first value relative to `start`.
      const shift = block * intsBlock - start
      const low = Math.max(0, -shift)
      const high = end - start - shift
      for (let i = starts[block]; i < starts[block + 1]; i++) {
        const place = places[i]
        if (place >= high) break
        if (place >= low) out[at + shift + place] += adds[i]
      }
    }
  }
}
