/**
 * The segment file, version 1. Immutable, little-endian, every byte under a checksum.
 *
 *     0       head      "ANABSEG" 01
 *     8       slices    one region (`region.ts`) per (project, UTC day), by project bytes, then day
 *             tables    one region per project: its users (`user-table.ts`)
 *             footer    what is where (`footer.ts`), zeros to 8
 *     end-16  trailer   footer length u32 · crc32 of the footer u32 · "ANABSEG" 01
 *
 * Regions lie back to back from byte 8 and are whole multiples of 8, so the footer stores only
 * lengths. A reader asks for the end of the file first, then for the regions that it needs.
 *
 * A slice region, in its head:
 *
 *     slice     rows · users · user ordinals
 *     properties of the slice: name · dictionary · code per user
 *     sets of properties that stripes have
 *     stripes   event names · rows · masked rows · times · property set · length of its description
 *     per stripe: runs of users · times · insert ids · masks · properties (codes, numbers)
 *
 * and in its blobs the columns, all stripes' users first, then all times, masks, each property, and
 * last the insert ids, which scans never read. A stripe holds one event name, or several, one after another, each
 * with fewer than `stripeRowsMin` rows in the slice: about as frequent ones together, until they have so many.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import type { ByteSource } from './contract.ts'

/** "ANABSEG" and the format version. */
export const magic = Uint8Array.of(0x41, 0x4e, 0x41, 0x42, 0x53, 0x45, 0x47, 1)
const formatVersion = 1
export const headBytes = 8
export const trailerBytes = 16

/** Choices of the writer; a reader finds in the file what was chosen. */
export interface EncodeLimits {
  /** A name with at least as many rows in the slice has a stripe of its own; others share stripes of less than twice as many. */
  readonly stripeRowsMin: number
  /** Slices of at most as many rows are tight regions, read at once. */
  readonly tightRowsMax: number
  /** The same for the tables of projects: users and shared values together. */
  readonly tightTableMax: number
  /** Cold bytes (dictionaries, ids, names) shorter than this are not packed by zstd. */
  readonly packBytesMin: number
}

export const encodeLimits: EncodeLimits = {
  stripeRowsMin: 4096,
  tightRowsMax: 1024,
  tightTableMax: 256,
  packBytesMin: 2048,
}

/** For segments that stay in memory and live for seconds. */
export const inMemory: Partial<EncodeLimits> = { packBytesMin: Infinity }
/** A reader refuses more: nothing else bounds the rows of columns that are constant. */
export const sliceRowsMax = 1 << 26
/** Bytes from the end that a reader asks for first, hoping for the whole footer. */
const guessBytes = 32 * 1024

/** Flags of a property in the head of a slice. */
export const ownPerUserFlag = 1
export const sharedDictionaryFlag = 2
export const sharedPerUserFlag = 4

export function trailerOf(footer: Uint8Array): Uint8Array {
  const trailer = new Uint8Array(trailerBytes)
  const view = new DataView(trailer.buffer)
  view.setUint32(0, footer.length, true)
  view.setUint32(4, crc32(footer), true)
  trailer.set(magic, 8)
  return trailer
}

/** The file's footer and where it begins. Throws `CorruptError`. */
export async function readFooter(source: ByteSource): Promise<{ readonly footer: Uint8Array; readonly start: number }> {
  const size = source.byteLength
  const least = headBytes + trailerBytes
  if (size < least || size % 8 !== 0) {
    damaged(source, 0, 'length of the file', size, `a multiple of 8, at least ${least}`)
  }
  const from = Math.max(0, size - guessBytes)
  const tail = await source.read(from, size)
  checkMagic(source, tail.subarray(tail.length - 8), size - 8)
  if (tail[tail.length - 1] !== formatVersion) await refuseVersion(source, tail[tail.length - 1])
  if (from === 0) checkHeadBytes(source, tail)
  const view = new DataView(tail.buffer, tail.byteOffset + tail.length - trailerBytes, trailerBytes)
  const length = view.getUint32(0, true)
  if (length > size - least)
    damaged(source, size - trailerBytes, 'length of the footer', length, `at most ${size - least}`)
  const start = size - trailerBytes - length
  const footer =
    start >= from ? tail.subarray(start - from, start - from + length) : await source.read(start, start + length)
  const crc = crc32(footer)
  if (crc !== view.getUint32(4, true)) damaged(source, start, 'crc32 of the footer', crc, view.getUint32(4, true))
  return { footer, start }
}

/** Checks the first bytes of the file, which opening a large one does not read. */
export async function checkHead(source: ByteSource): Promise<void> {
  checkHeadBytes(source, await source.read(0, headBytes))
}

function checkHeadBytes(source: ByteSource, head: Uint8Array): void {
  checkMagic(source, head, 0)
  if (head[7] !== formatVersion) damaged(source, 7, 'format version', head[7], formatVersion)
}

function checkMagic(source: ByteSource, bytes: Uint8Array, offset: number): void {
  for (let i = 0; i < 7; i++) {
    if (bytes[i] !== magic[i]) damaged(source, offset + i, 'magic byte', bytes[i], magic[i])
  }
}

/** The version stands at both ends of the file: where they agree it is another format, else it is damage. */
async function refuseVersion(source: ByteSource, version: number): Promise<never> {
  const head = await source.read(0, headBytes)
  checkMagic(source, head, 0)
  const offset = source.byteLength - 1
  if (head[7] !== version) return damaged(source, offset, 'format version', version, head[7])
  return corrupt({
    code: 'FORMAT_UNKNOWN',
    object: source.name,
    offset,
    what: 'format version',
    got: version,
    want: formatVersion,
  })
}

function damaged(source: ByteSource, offset: number, what: string, got: number, want: number | string): never {
  return corrupt({ code: 'SEGMENT_CORRUPT', object: source.name, offset, what, got, want })
}
