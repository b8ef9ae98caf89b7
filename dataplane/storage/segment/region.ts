/**
 * A region of the file that is read by itself: a slice, or the tables of a project. A *head* (what
 * there is and where) and *blobs* (columns, dictionaries).
 *
 *     loose (large)                                    tight (small)
 *     crc32 of the rest of the head   u32              crc32 of the rest of the region   u32
 *     blobs varint, per blob:                          blobs varint, per blob:
 *       length varint, crc32 u32                         length varint
 *     content of the head                              length varint, content of the head
 *     zeros to 8                                       blobs, back to back
 *     blobs, each with zeros to 8 that its crc covers  zeros to 8
 *
 * A loose region is read in pieces, each checked by its own crc; a tight one at once, under one crc.
 * Every byte is under exactly one crc, padding too.
 */
import { ByteReader } from '../../../common/bytes/reader.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { corrupt } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import { BodyReader } from '../codec/body.ts'
import type { ByteSource, ReadMeter } from './contract.ts'

const alignment = 8

function align(length: number): number {
  return Math.ceil(length / alignment) * alignment
}

/** Where a region lies. `headLength` 0 = tight. */
export interface RegionRange {
  readonly start: number
  readonly end: number
  readonly headLength: number
}

const regionBytes = new ByteWriter()

export class RegionWriter {
  readonly tight: boolean
  readonly #blobs: Uint8Array[] = []

  constructor(tight: boolean) {
    this.tight = tight
  }

  /** Adds a blob and returns its number. */
  blob(bytes: Uint8Array): number {
    return this.#blobs.push(bytes) - 1
  }

  /** Bytes of the region; `headLength` as in `RegionRange`. */
  finish(content: Uint8Array): { readonly bytes: Uint8Array; readonly headLength: number } {
    const out = regionBytes
    out.reset()
    out.u32(0)
    out.varint(this.#blobs.length)
    for (const blob of this.#blobs) {
      out.varint(blob.length)
      if (!this.tight) out.u32(crc32(padded(blob)))
    }
    if (this.tight) out.varint(content.length)
    out.bytes(content)
    if (!this.tight) out.align(alignment)
    const headLength = this.tight ? 0 : out.length
    for (const blob of this.#blobs) {
      out.bytes(blob)
      if (!this.tight) out.align(alignment)
    }
    out.align(alignment)
    out.patchU32(0, crc32(out.view().subarray(4, this.tight ? out.length : headLength)))
    return { bytes: out.finish(), headLength }
  }
}

function padded(blob: Uint8Array): Uint8Array {
  if (blob.length % alignment === 0) return blob
  const out = new Uint8Array(align(blob.length))
  out.set(blob)
  return out
}

/** Blobs that were read and checked, by number. A body is read once. */
export type Blobs = ReadonlyMap<number, BodyReader>

/** What a read may take in vain: this share of what is wanted, and a little. */
export const gapShare = 0.25
export const gapBytesMin = 512

export class Region {
  readonly tight: boolean
  readonly object: string
  /** The content of the head; its positions are file offsets minus `base`. */
  readonly head: Uint8Array
  readonly headBase: number
  readonly #source: ByteSource
  /** File offset of each blob, and its length without padding. */
  readonly #offsets: Float64Array
  readonly #lengths: Float64Array
  readonly #crcs: Uint32Array
  readonly #start: number
  /** All bytes of a tight region. */
  readonly #all: Uint8Array | undefined

  private constructor(source: ByteSource, range: RegionRange, bytes: Uint8Array) {
    this.tight = range.headLength === 0
    this.byteLength = range.end - range.start
    this.object = source.name
    this.#source = source
    const reader = new ByteReader(bytes, { object: source.name, code: 'SEGMENT_CORRUPT', base: range.start })
    checkCrc(source.name, range.start, bytes.subarray(4), reader.u32('crc32 of a head'), 'crc32 of a head')
    const count = reader.count(this.tight ? 1 : 5, 'blobs of a region')
    this.#offsets = new Float64Array(count)
    this.#lengths = new Float64Array(count)
    this.#crcs = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      this.#lengths[i] = reader.varint('length of a blob')
      if (!this.tight) this.#crcs[i] = reader.u32('crc32 of a blob')
    }
    const total = this.tight ? this.#lengths.reduce((sum, length) => sum + length, 0) : 0
    const blobsStart = this.tight ? this.#tightStart(reader, total) : bytes.length
    this.head = bytes.subarray(reader.position, blobsStart)
    this.headBase = range.start + reader.position
    this.#place(range, blobsStart)
    this.#start = range.start
    this.#all = this.tight ? bytes : undefined
  }

  /** Reads the head of a region, and all of a tight one. Throws `CorruptError`. */
  static async open(source: ByteSource, range: RegionRange, meter?: ReadMeter): Promise<Region> {
    const end = range.headLength === 0 ? range.end : range.start + range.headLength
    return new Region(source, range, await metered(source, range.start, end, meter))
  }

  /** A reader of the head's content from `start`. */
  reader(start = 0, end: number = this.head.length): ByteReader {
    return new ByteReader(this.head, {
      object: this.object,
      code: 'SEGMENT_CORRUPT',
      base: this.headBase,
      start,
      end,
    })
  }

  /** Bytes of the region in the file. */
  readonly byteLength: number

  get blobs(): number {
    return this.#lengths.length
  }

  /** Bytes that a blob takes in the file, without padding. */
  blobLength(blob: number): number {
    return this.#lengths[blob]
  }

  /** Reads the blobs and checks them; near ones are one range. A tight region has them already. */
  async fetch(wanted: Iterable<number>, meter?: ReadMeter): Promise<Blobs> {
    const blobs = new Map<number, BodyReader>()
    const sorted = Uint32Array.from(new Set(wanted)).sort()
    const joined = this.#gapJoined(sorted)
    const reads: Promise<void>[] = []
    for (let from = 0; from < sorted.length; ) {
      let to = from + 1
      while (to < sorted.length && this.#gapBefore(sorted, to) <= joined) to++
      reads.push(this.#read(sorted.subarray(from, to), blobs, meter))
      from = to
    }
    await Promise.all(reads)
    return blobs
  }

  #gapBefore(sorted: Uint32Array, i: number): number {
    return this.#offsets[sorted[i]] - this.#blobEnd(sorted[i - 1])
  }

  /**
   * The widest gap that is read along. A range costs as much as tens of kilobytes, so the narrowest
   * gaps are joined as long as what is read in vain stays a small share of what is wanted.
   */
  #gapJoined(sorted: Uint32Array): number {
    let budget = gapBytesMin
    const gaps: number[] = []
    for (let i = 0; i < sorted.length; i++) {
      budget += (this.#blobEnd(sorted[i]) - this.#offsets[sorted[i]]) * gapShare
      const gap = i === 0 ? 0 : this.#gapBefore(sorted, i)
      if (gap > 0) gaps.push(gap)
    }
    let joined = 0
    let below = 0
    for (const gap of gaps.sort((a, b) => a - b)) {
      budget -= gap
      // Gaps as wide as this one were let in before it: none of them is.
      if (budget < 0) return gap === joined ? below : joined
      if (gap > joined) below = joined
      joined = gap
    }
    return joined
  }

  async #read(wanted: Uint32Array, blobs: Map<number, BodyReader>, meter?: ReadMeter): Promise<void> {
    const start = this.#offsets[wanted[0]]
    const end = this.#blobEnd(wanted[wanted.length - 1])
    const held = this.#all?.subarray(start - this.#start, end - this.#start)
    const bytes = held ?? (await metered(this.#source, start, end, meter))
    for (const blob of wanted) {
      const from = this.#offsets[blob] - start
      const origin = { object: this.object, offset: this.#offsets[blob] }
      if (!this.tight) {
        const whole = bytes.subarray(from, from + align(this.#lengths[blob]))
        checkCrc(this.object, origin.offset, whole, this.#crcs[blob], `crc32 of blob ${blob}`)
      }
      blobs.set(blob, new BodyReader(bytes.subarray(from, from + this.#lengths[blob]), this.tight, origin))
    }
  }

  #blobEnd(blob: number): number {
    return this.#offsets[blob] + (this.tight ? this.#lengths[blob] : align(this.#lengths[blob]))
  }

  /** Where the blobs of a tight region begin: its content has its length before it. */
  #tightStart(reader: ByteReader, total: number): number {
    const content = reader.varintMax(reader.remaining, 'length of the content')
    const start = reader.position + content
    const padding = reader.end - start - total
    if (padding < 0 || padding >= alignment) reader.fail('length of the region', reader.end, align(start + total))
    return start
  }

  #place(range: RegionRange, blobsStart: number): void {
    let at = range.start + blobsStart
    for (let i = 0; i < this.#lengths.length; i++) {
      this.#offsets[i] = at
      at += this.tight ? this.#lengths[i] : align(this.#lengths[i])
    }
    const end = this.tight ? align(at - range.start) + range.start : at
    if (end !== range.end) {
      corrupt({
        code: 'SEGMENT_CORRUPT',
        object: this.object,
        offset: range.start,
        what: 'end of the region',
        got: end,
        want: range.end,
      })
    }
  }
}

function metered(source: ByteSource, start: number, end: number, meter: ReadMeter | undefined): Promise<Uint8Array> {
  if (meter !== undefined) {
    meter.rangeReads++
    meter.bytesRead += end - start
  }
  return source.read(start, end)
}

function checkCrc(object: string, offset: number, bytes: Uint8Array, want: number, what: string): void {
  const got = crc32(bytes)
  if (got !== want) corrupt({ code: 'SEGMENT_CORRUPT', object, offset, what, got, want })
}
