/**
 * Strictly ascending integers (row numbers, ordinals), written as the gaps between them.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { BodyReader, ColumnSink } from './body.ts'
import { type IntsPlan, planInts, writeInts } from './ints.ts'
import { readInts } from './ints-reader.ts'

/** First value, then each gap minus one. */
export function gapsOf(values: Uint32Array): Uint32Array {
  const gaps = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) gaps[i] = i === 0 ? values[0] : values[i] - values[i - 1] - 1
  return gaps
}

export function planAscending(values: Uint32Array): IntsPlan {
  return planInts(gapsOf(values))
}

export function writeAscending(values: Uint32Array, sink: ColumnSink): void {
  writeInts(gapsOf(values), sink)
}

/** Reads `count` ascending values below `limit`; throws `CorruptError` where one is not. */
export function readAscending(head: ByteReader, body: BodyReader, count: number, limit: number): Uint32Array {
  const values = readInts(head, body, count).all()
  let next = 0
  for (let i = 0; i < count; i++) {
    const value = next + values[i]
    if (value >= limit) body.fail('ascending integer', value, `below ${limit}`)
    values[i] = value
    next = value + 1
  }
  return values
}
