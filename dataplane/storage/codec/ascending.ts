/**
 * Strictly ascending integers (row numbers, ordinals), written as the gaps between them.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { BodyReader, ColumnSink } from './body.ts'
import { writeInts } from './ints.ts'
import { decodeInts } from './ints-reader.ts'

/** First value, then each gap minus one. */
export function gapsOf(values: Uint32Array): Uint32Array {
  const gaps = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) gaps[i] = i === 0 ? values[0] : values[i] - values[i - 1] - 1
  return gaps
}

export function writeAscending(values: Uint32Array, sink: ColumnSink): void {
  writeInts(gapsOf(values), sink)
}

/** Reads `count` ascending values below `limit`; throws `CorruptError` where one is not. */
export function readAscending(head: ByteReader, body: BodyReader, count: number, limit: number): Uint32Array {
  const values = new Uint32Array(count)
  decodeInts(head, body, values)
  let last = -1
  for (let i = 0; i < count; i++) {
    last += values[i] + 1
    values[i] = last
  }
  // They ascend, so the last one is the largest; as a double it cannot have wrapped around.
  if (last >= limit) body.fail('ascending integer', last, `below ${limit}`)
  return values
}
