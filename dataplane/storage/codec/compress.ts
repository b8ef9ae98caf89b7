/**
 * zstd for cold bytes (dictionaries, ids, names), kept only where it pays.
 *
 *     head:  stored varint · raw varint (0: stored as it is)
 *
 * A call sets up megabytes (some 300 µs in a busy process, 80 to unpack), so short bytes are left alone,
 * and runs of the tail, which live for seconds, are not packed at all.
 *
 * Does not: touch hot columns; a scan never decompresses.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { BodyReader, ColumnSink } from './body.ts'

/** Largest decompressed size that a reader accepts: a length field is never trusted with more memory. */
export const rawBytesMax = 1 << 30

export function writePacked(bytes: Uint8Array, sink: ColumnSink): void {
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
  const packed = bytes.length < sink.packBytesMin ? bytes : zstdCompressSync(bytes, level)
  const pays = packed.length < bytes.length * 0.9
  sink.head.varint(pays ? packed.length : bytes.length)
  sink.head.varint(pays ? bytes.length : 0)
  sink.bytes(pays ? packed : bytes)
}

export function readPacked(head: ByteReader, body: BodyReader): Uint8Array {
  const stored = body.bytes(head.varint())
  const raw = head.varint()
  if (raw === 0) return stored
  if (raw > rawBytesMax) body.fail('length of packed bytes', raw, `at most ${rawBytesMax}`)
  let bytes: Uint8Array
  try {
    bytes = zstdDecompressSync(stored, { maxOutputLength: raw })
  } catch (error) {
    return body.fail('zstd frame', error instanceof Error ? error.message : String(error), 'a whole one')
  }
  if (bytes.length !== raw) body.fail('length of packed bytes', bytes.length, raw)
  return bytes
}
