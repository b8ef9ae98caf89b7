/**
 * CRC-32 (polynomial 0x04c11db7 reflected, as in gzip and PNG): the checksum of every block that we
 * write. It catches damage, not malice.
 */
import { crc32 as zlibCrc32 } from 'node:zlib'

/** Checksum of `bytes`, unsigned 32 bits. Pass the result as `before` to continue over several pieces. */
export function crc32(bytes: Uint8Array, before = 0): number {
  return zlibCrc32(bytes, before)
}
