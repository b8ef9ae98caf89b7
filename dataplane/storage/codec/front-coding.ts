/**
 * Sorted byte strings, each as what it does not share with the one before, then zstd where it pays.
 *
 *     raw bytes, per string:  shared prefix varint · rest varint · rest
 */
import { ByteReader } from '../../../common/bytes/reader.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import type { BodyReader, ColumnSink } from './body.ts'
import { type ByteStrings, startOf } from './byte-strings.ts'
import { rawBytesMax, readPacked, writePacked } from './compress.ts'

const scratch = new ByteWriter()

/** Writes the strings in the order of `order`, which must be ascending. */
export function writeFrontCoded(strings: ByteStrings, order: Uint32Array, sink: ColumnSink): void {
  const { bytes, ends } = strings
  const raw = scratch
  raw.reset()
  let before = 0
  let beforeLength = 0
  for (let i = 0; i < order.length; i++) {
    const from = startOf(strings, order[i])
    const length = ends[order[i]] - from
    const most = Math.min(beforeLength, length)
    let shared = 0
    while (shared < most && bytes[before + shared] === bytes[from + shared]) shared++
    raw.varint(shared)
    raw.varint(length - shared)
    raw.bytes(bytes, from + shared, from + length)
    before = from
    beforeLength = length
  }
  writePacked(raw.view(), sink)
}

/** Reads `count` strings. Throws `CorruptError` where a prefix or length is impossible. */
export function readFrontCoded(head: ByteReader, body: BodyReader, count: number): ByteStrings {
  const raw = readPacked(head, body)
  if (count * 2 > raw.length) body.fail('strings in a dictionary', count, `at most ${Math.floor(raw.length / 2)}`)
  const reader = new ByteReader(raw, { object: body.origin.object, code: 'SEGMENT_CORRUPT', base: body.origin.offset })
  const ends = new Uint32Array(count)
  let out = new Uint8Array(raw.length * 2)
  let start = 0
  let end = 0
  for (let i = 0; i < count; i++) {
    const shared = reader.varintMax(end - start, 'prefix shared with the string before')
    const rest = reader.count(1, 'length of a string')
    const from = reader.skip(rest)
    // Shared prefixes let few bytes stand for many, so the sum needs a limit of its own.
    if (end + shared + rest > rawBytesMax) body.fail('bytes of a dictionary', end + shared, `at most ${rawBytesMax}`)
    if (end + shared + rest > out.length) out = grown(out, end + shared + rest)
    const next = end
    for (let k = 0; k < shared; k++) out[end++] = out[start + k]
    for (let k = 0; k < rest; k++) out[end++] = raw[from + k]
    start = next
    ends[i] = end
  }
  reader.expectEnd('end of the dictionary')
  return { bytes: out.subarray(0, end), ends }
}

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.max(needed, bytes.length * 2))
  out.set(bytes)
  return out
}
