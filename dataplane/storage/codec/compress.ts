/**
 * zstd for cold bytes (dictionaries, ids, names), kept only where it pays.
 *
 *     head:  stored varint · raw varint (0: stored as it is)
 *
 * Does not: touch hot columns; a scan never decompresses.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { BodyReader, ColumnSink } from './body.ts'

/** Shorter than this, setting up the compressor takes longer than the rest of a small segment. */
const worthBytes = 512
/** Largest decompressed size that a reader accepts: a length field is never trusted with more memory. */
export const rawBytesMax = 1 << 30

export function writePacked(bytes: Uint8Array, sink: ColumnSink): void {
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
  const packed = bytes.length < worthBytes ? bytes : zstdCompressSync(bytes, level)
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
