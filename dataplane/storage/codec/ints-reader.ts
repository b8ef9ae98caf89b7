/**
 * Reads the integers that `ints.ts` wrote: the description at once, values when asked for.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { bug } from '../../../common/errors/errors.ts'
import type { BodyReader } from './body.ts'
import { blockEnds, blocksKind, constantKind, intsBlock, packedKind, patchedKind, placeBits } from './ints.ts'
import { type Packed, unpackBits } from './unpack.ts'

/** Reads `count` integers. Throws `CorruptError` where head and body do not agree. */
export function readInts(head: ByteReader, body: BodyReader, count: number): Ints {
  const kind = head.u8('encoding of integers')
  if (kind === constantKind) return Ints.constant(count, head.varintMax(0xffffffff, 'constant integer'))
  if (kind === packedKind) {
    const base = head.varintMax(0xffffffff, 'base of integers')
    const width = widthOf(head.u8('bits of integers'), body)
    return new Ints(count, count, [{ words: body.words(count * width), at: 0, width, base }])
  }
  if (kind === blocksKind) return new Ints(count, intsBlock, readBlocks(head, body, count))
  if (kind !== patchedKind) body.unknown('encoding of integers', kind, patchedKind)
  const blocks = readBlocks(head, body, count)
  return new Ints(count, intsBlock, blocks, readPatches(head, body, { count, blocks }))
}

function readBlocks(head: ByteReader, body: BodyReader, count: number): Packed[] {
  const baseWidth = widthOf(head.u8('bits of bases'), body)
  const smallest = head.varintMax(0xffffffff, 'base of integers')
  const blocks = Math.ceil(count / intsBlock)
  const widths = body.bytes(blocks)
  for (let block = 0; block < blocks; block++) widthOf(widths[block], body)
  const bases = unpackAll(body, { count: blocks, width: baseWidth, base: smallest })
  const ends = blockEnds(count, widths)
  const words = body.words(ends[blocks] * 32)
  const packed: Packed[] = []
  for (let block = 0; block < blocks; block++) {
    packed.push({ words, at: ends[block], width: widths[block], base: bases[block] })
  }
  return packed
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

function readPatches(
  head: ByteReader,
  body: BodyReader,
  { count, blocks }: { readonly count: number; readonly blocks: readonly Packed[] },
): Patches {
  const total = head.varintMax(count, 'patches of integers')
  const countWidth = widthOf(head.u8('bits of patch counts'), body)
  const highWidth = widthOf(head.u8('bits of patches'), body)
  const perBlock = unpackAll(body, { count: blocks.length, width: countWidth, base: 0 })
  const places = unpackAll(body, { count: total, width: placeBits, base: 0 })
  const adds = unpackAll(body, { count: total, width: highWidth, base: 0 })
  const starts = new Uint32Array(blocks.length + 1)
  for (let block = 0; block < blocks.length; block++) {
    const from = starts[block]
    const to = from + perBlock[block]
    if (to > total) body.fail('patches of all blocks', to, total)
    starts[block + 1] = to
    const size = Math.min(intsBlock, count - block * intsBlock)
    const { width } = blocks[block]
    for (let i = from; i < to; i++) {
      if (places[i] >= size || (i > from && places[i] <= places[i - 1])) {
        body.fail('place of a patch', places[i], `ascending below ${size}`)
      }
      adds[i] <<= width
    }
  }
  if (starts[blocks.length] !== total) body.fail('patches of all blocks', starts[blocks.length], total)
  return { starts, places, adds }
}

function unpackAll(
  body: BodyReader,
  { count, width, base }: { readonly count: number; readonly width: number; readonly base: number },
): Uint32Array {
  const out = new Uint32Array(count)
  unpackBits({ words: body.words(count * width), at: 0, width, base }, 0, count, out, 0)
  return out
}

function widthOf(width: number, body: BodyReader): number {
  if (width > 32) body.fail('bits of a packed integer', width, 'at most 32')
  return width
}

export class Ints {
  readonly count: number
  readonly #blockSize: number
  readonly #blocks: readonly Packed[]
  readonly #patches: Patches | undefined

  constructor(count: number, blockSize: number, blocks: readonly Packed[], patches?: Patches) {
    this.count = count
    this.#blockSize = Math.max(1, blockSize)
    this.#blocks = blocks
    this.#patches = patches
  }

  static constant(count: number, value: number): Ints {
    return new Ints(count, count, [{ words: new Uint32Array(0), at: 0, width: 0, base: value }])
  }

  /** How the values are written, for people: `constant`, `5 bits`, `3-7 bits by block, patched`. */
  get encoding(): string {
    const widths = this.#blocks.map((block) => block.width)
    const low = Math.min(...widths)
    const high = Math.max(...widths)
    const patched = this.#patches === undefined ? '' : ', patched'
    if (widths.length > 1) return `${low === high ? low : `${low}-${high}`} bits by block${patched}`
    return high === 0 && patched === '' ? 'constant' : `${high} bits${patched}`
  }

  /** The value, when all are known to be equal without decoding. */
  get constant(): number | undefined {
    const [block] = this.#blocks
    if (this.#blocks.length !== 1 || block.width !== 0 || this.#patches !== undefined) return undefined
    return block.base
  }

  /** Decodes values `[start, end)` into `out[at ..]`. */
  decode(start: number, end: number, out: Uint32Array, at = 0): void {
    if (start < 0 || end > this.count) bug(`values ${start} to ${end} asked of ${this.count}`)
    const size = this.#blockSize
    for (let from = start; from < end; ) {
      const block = Math.floor(from / size)
      const to = Math.min(end, (block + 1) * size)
      const target = at + from - start
      unpackBits(this.#blocks[block], from - block * size, to - from, out, target)
      if (this.#patches !== undefined) this.#patch(block, from - block * size, to - block * size, out, target)
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
    if (this.#patches !== undefined) return { low: base, high: 0xffffffff }
    return { low: base, high: Math.min(0xffffffff, base + 2 ** width - 1) }
  }

  /** Adds the patches of places `[from, to)` of a block whose first decoded value is `out[at]`. */
  #patch(block: number, from: number, to: number, out: Uint32Array, at: number): void {
    const { starts, places, adds } = this.#patches!
    const end = starts[block + 1]
    for (let i = starts[block]; i < end; i++) {
      const place = places[i]
      if (place >= to) break
      if (place >= from) out[at + place - from] += adds[i]
    }
  }
}
