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
  const out = new ByteWriter(raw.length * 2)
  let start = 0
  for (let i = 0; i < count; i++) {
    const shared = reader.varintMax(out.length - start, 'prefix shared with the string before')
    const rest = reader.take(reader.count(1, 'length of a string'))
    const next = out.length
    // Shared prefixes let few bytes stand for many, so the sum needs a limit of its own.
    if (next + shared > rawBytesMax) body.fail('bytes of a dictionary', next + shared, `at most ${rawBytesMax}`)
    if (shared > 0) out.bytes(out.view(), start, start + shared)
    out.bytes(rest)
    start = next
    ends[i] = out.length
  }
  reader.expectEnd('end of the dictionary')
  return { bytes: out.view(), ends }
}
