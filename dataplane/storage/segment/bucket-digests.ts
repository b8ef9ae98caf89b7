/**
 * Digests of a slice by the top bits of `h`: a split is verified from them without reading rows (RSH-1).
 *
 *     description:  bits u8 (0: none but the footer's) · rows, masked rows per bucket (integers)
 *     then          16 bytes per bucket: Σ row hashes
 *
 * Eight bits at most, and fewer where buckets would hold fewer than 64 rows: a small slice is read
 * whole as cheaply as its buckets.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'
import type { SliceRows } from './contract.ts'
import { addDigest, addSums, type Digest, digestsEqual, digestText, emptyDigest } from './digest.ts'

const bitsMax = 8
const bucketRowsMin = 64

function bucketBits(rows: number): number {
  return Math.max(0, Math.min(bitsMax, Math.floor(Math.log2(rows / bucketRowsMin))))
}

/** `hashes`: four words per row of `slice`. */
export function writeBuckets(slice: SliceRows, hashes: Uint32Array, sink: ColumnSink): void {
  const bits = bucketBits(slice.rows)
  sink.head.u8(bits)
  if (bits === 0) return
  const count = 1 << bits
  const rows = new Uint32Array(count)
  const masked = new Uint32Array(count)
  // At most 2^26 rows of 32-bit words: exact in a double after one carry per row group.
  const words = new Float64Array(4 * count)
  const sums: Digest['sum'][] = Array.from({ length: count }, () => [0, 0, 0, 0])
  for (let row = 0; row < slice.rows; row++) {
    const bucket = slice.userHashes[slice.user[row]] >>> (32 - bits)
    rows[bucket]++
    masked[bucket] += (slice.masked[row >>> 5] >>> (row & 31)) & 1
    for (let word = 0; word < 4; word++) words[4 * bucket + word] += hashes[4 * row + word]
    if ((row & 0xfffff) === 0xfffff || row === slice.rows - 1) carry(words, sums)
  }
  writeInts(rows, sink)
  writeInts(masked, sink)
  const flat = Uint32Array.from(sums.flat())
  sink.bytes(new Uint8Array(flat.buffer))
}

function carry(words: Float64Array, sums: Digest['sum'][]): void {
  for (let bucket = 0; bucket < sums.length; bucket++) {
    sums[bucket] = addSums(sums[bucket], Array.from(words.subarray(4 * bucket, 4 * bucket + 4)))
  }
  words.fill(0)
}

/** A digest per value of the top bits of `h`, ascending; one for all where none are stored. */
export function readBuckets(head: ByteReader, body: BodyReader, whole: Digest): Digest[] {
  const bits = head.u8('bits of digests')
  if (bits > bitsMax) body.unknown('bits of digests', bits, bitsMax)
  if (bits === 0) return [whole]
  const count = 1 << bits
  const rows = readInts(head, body, count).all()
  const masked = readInts(head, body, count).all()
  const words = new Uint32Array(body.bytes(16 * count).slice().buffer)
  const buckets = Array.from({ length: count }, (_, i): Digest => {
    const sum: Digest['sum'] = [words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]]
    return { rows: rows[i], maskedRows: masked[i], sum }
  })
  const sum = buckets.reduce(addDigest, emptyDigest)
  if (!digestsEqual(sum, whole)) body.fail('digest of all buckets', digestText(sum), digestText(whole))
  return buckets
}
