/** Compression of a block: zstd level 1 where it saves enough. Bounded when it comes back. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { corrupt } from '../../../common/errors/errors.ts'
import { rawEncoding, zstdEncoding } from './layout.ts'

/**
 * A call makes a context of megabytes: in a busy process some 300 us to pack and 80 to unpack, whatever the size.
 * For blocks of a few hundred rows that would be half of all encoding.
 */
const zstdBytesMin = 64 * 1024

const params = { [constants.ZSTD_c_compressionLevel]: 1 }

export function compressBlock(raw: Uint8Array): { encoding: number; stored: Uint8Array } {
  if (raw.length < zstdBytesMin) return { encoding: rawEncoding, stored: raw }
  const packed = zstdCompressSync(raw, { params })
  if (packed.length > raw.length * 0.9) return { encoding: rawEncoding, stored: raw }
  return { encoding: zstdEncoding, stored: packed }
}

/** The raw bytes of a zstd block, exactly `rawBytes` of them. Throws `CorruptError` where they are not. */
export function decompressBlock(
  stored: Uint8Array,
  rawBytes: number,
  at: { object: string; offset: number },
): Uint8Array {
  let raw: Uint8Array
  try {
    raw = zstdDecompressSync(stored, { maxOutputLength: rawBytes })
  } catch (error) {
    corrupt({
      code: 'RECORD_CORRUPT',
      ...at,
      what: 'zstd block',
      got: (error as Error).message,
      want: `${rawBytes} bytes`,
    })
  }
  if (raw.length !== rawBytes) {
    corrupt({ code: 'RECORD_CORRUPT', ...at, what: 'bytes of a zstd block', got: raw.length, want: rawBytes })
  }
  return new Uint8Array(raw.buffer, raw.byteOffset, raw.length)
}
