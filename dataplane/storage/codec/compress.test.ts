import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ByteReader } from '../../../common/bytes/reader.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { BodyReader, ColumnSink } from './body.ts'
import { readPacked, writePacked } from './compress.ts'

function read(stored: Uint8Array, raw: number): Uint8Array {
  const head = new ByteWriter()
  head.varint(stored.length)
  head.varint(raw)
  const origin = { object: 'seg', offset: 100 }
  return readPacked(
    new ByteReader(head.finish(), { object: 'seg', code: 'SEGMENT_CORRUPT' }),
    new BodyReader(stored, true, origin),
  )
}

/** Bytes without a pattern: a xorshift generator. */
function noise(length: number): Uint8Array {
  let state = 1
  return new Uint8Array(length).map(() => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  })
}

test.each([
  ['long and regular', new Uint8Array(5000).fill(7), true],
  ['short', new Uint8Array(99).fill(7), false],
  ['random', noise(5000), false],
])('compress: bytes that are %s -> the same bytes, packed where it pays', (_, bytes, packed) => {
  const sink = new ColumnSink({ tight: true, packBytesMin: 100 })
  writePacked(bytes, sink)
  expect(sink.body.length < bytes.length).toBe(packed)
  const head = new ByteReader(sink.head.finish(), { object: 'seg', code: 'SEGMENT_CORRUPT' })
  const body = new BodyReader(sink.body.finish(), true, { object: 'seg', offset: 0 })
  expect(Uint8Array.from(readPacked(head, body))).toEqual(bytes)
})

test('compress: a frame of more bytes than the head says -> refused before it is unpacked', () => {
  const bomb = zstdCompressSync(new Uint8Array(50_000_000))
  expect(() => read(bomb, 1000)).toThrow(/SEGMENT_CORRUPT: seg at byte 100: zstd frame/)
})

test('compress: a frame of fewer bytes, a broken one, an immense length -> SEGMENT_CORRUPT', () => {
  const frame = zstdCompressSync(new Uint8Array(500))
  expect(() => read(frame, 501)).toThrow(/length of packed bytes: got 500, want 501/)
  expect(() => read(frame.subarray(0, frame.length - 3), 500)).toThrow(/zstd frame/)
  expect(() => read(frame, 2 ** 40)).toThrow(/length of packed bytes: got 1099511627776/)
})
