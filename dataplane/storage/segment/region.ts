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

/** Fields of a blob's place; its offset is the first. */
const placeFields = 3
const lengthField = 1
const crcField = 2

export class Region {
  readonly tight: boolean
  readonly object: string
  /** The content of the head; its positions are file offsets minus `base`. */
  readonly head: Uint8Array
  readonly headBase: number
  readonly #source: ByteSource
  /** Per blob its file offset, its length without padding and its crc32. One array: small regions are many. */
  readonly #places: Float64Array
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
    const places = new Float64Array(placeFields * count)
    this.#places = places
    let total = 0
    for (let at = 0; at < places.length; at += placeFields) {
      const length = reader.varint('length of a blob')
      places[at + lengthField] = length
      total += length
      if (!this.tight) places[at + crcField] = reader.u32('crc32 of a blob')
    }
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
    return this.#places.length / placeFields
  }

  /** Bytes that a blob takes in the file, without padding. */
  blobLength(blob: number): number {
    return this.#places[placeFields * blob + lengthField]
  }

  /** Reads the blobs and checks them; near ones are one range. A tight region has them already. */
  async fetch(wanted: Iterable<number>, meter?: ReadMeter): Promise<Blobs> {
    const blobs = new Map<number, BodyReader>()
    if (this.#all !== undefined) {
      for (const blob of wanted) blobs.set(blob, this.#bodyOf(blob, this.#all, this.#start))
      return blobs
    }
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
    return this.#offset(sorted[i]) - this.#blobEnd(sorted[i - 1])
  }

  /**
   * The widest gap that is read along. A range costs as much as tens of kilobytes, so the narrowest
   * gaps are joined as long as what is read in vain stays a small share of what is wanted.
   */
  #gapJoined(sorted: Uint32Array): number {
    let budget = gapBytesMin
    const gaps: number[] = []
    for (let i = 0; i < sorted.length; i++) {
      budget += (this.#blobEnd(sorted[i]) - this.#offset(sorted[i])) * gapShare
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
    const start = this.#offset(wanted[0])
    const bytes = await metered(this.#source, start, this.#blobEnd(wanted[wanted.length - 1]), meter)
    for (const blob of wanted) {
      const offset = this.#offset(blob)
      const whole = bytes.subarray(offset - start, this.#blobEnd(blob) - start)
      checkCrc(this.object, offset, whole, this.#places[placeFields * blob + crcField], `crc32 of blob ${blob}`)
      blobs.set(blob, this.#bodyOf(blob, bytes, start))
    }
  }

  /** `bytes`: of the file from `start` on. */
  #bodyOf(blob: number, bytes: Uint8Array, start: number): BodyReader {
    const offset = this.#offset(blob)
    const own = bytes.subarray(offset - start, offset - start + this.blobLength(blob))
    return new BodyReader(own, this.tight, { object: this.object, offset })
  }

  #offset(blob: number): number {
    return this.#places[placeFields * blob]
  }

  #blobEnd(blob: number): number {
    const length = this.blobLength(blob)
    return this.#offset(blob) + (this.tight ? length : align(length))
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
    const places = this.#places
    for (let i = 0; i < places.length; i += placeFields) {
      places[i] = at
      at += this.tight ? places[i + lengthField] : align(places[i + lengthField])
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
