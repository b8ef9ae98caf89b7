/**
 * Bodies decompressed within a bound: a few kB can stand for gigabytes, so the output stops at the limit.
 *
 * It runs on the caller's thread, so that one body at a time is being inflated: memory for the largest
 * allowed body once, not once per connection, and less work in all than hopping between threads.
 * A frame of zstd may not ask for a window above 8 MiB, which RFC 8878 wants every decoder to have;
 * by default a frame of 14 bytes could ask for 128 MiB.
 *
 * Does not: accept what it cannot read to the last byte. A truncated or damaged body is refused whole.
 */
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { UserError } from '../../common/errors/errors.ts'

export const encodings = ['gzip', 'zstd'] as const
export type Encoding = (typeof encodings)[number]

/** Concatenated frames of zstd that are read; parallel compressors write some. */
const framesMax = 64
const chunkBytesMax = 1024 * 1024
const windowLogMax = 23

/** Throws `UserError`: `REQUEST_TOO_LARGE` above `bytesMax`, `REQUEST_INVALID` for bytes that are not of this encoding. */
export function decompress(bytes: Uint8Array, encoding: Encoding, bytesMax: number): Buffer {
  try {
    return encoding === 'gzip' ? gunzipSync(bytes, bounds(bytes, bytesMax)) : unzstd(bytes, bytesMax)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (error instanceof UserError) throw error
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax)
    throw new UserError('REQUEST_INVALID', `the body is not ${encoding}, as Content-Encoding says: ${message}`)
  }
}

export function tooLarge(bytesMax: number): UserError {
  return new UserError('REQUEST_TOO_LARGE', `request exceeds max limit of ${bytesMax} bytes`, { status: 413 })
}

/** The decoder stops after one frame and says nothing of the next ones, so they are asked for. */
function unzstd(bytes: Uint8Array, bytesMax: number): Buffer {
  const frames: Buffer[] = []
  let left = bytesMax
  let rest = bytes
  do {
    if (frames.length === framesMax) {
      throw new UserError('REQUEST_INVALID', `the body has more than ${framesMax} frames of zstd; send one`)
    }
    // An empty output is allowed at the bound itself, and 0 is no limit that zlib takes.
    const { buffer, engine } = zstdDecompressSync(rest, {
      ...bounds(rest, Math.max(1, left)),
      info: true,
    }) as never as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    if (buffer.length > left) throw tooLarge(bytesMax)
    frames.push(buffer)
    left -= buffer.length
    rest = rest.subarray(engine.bytesWritten)
  } while (rest.length > 0)
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames)
}

function bounds(bytes: Uint8Array, bytesMax: number) {
  const chunkSize = Math.min(chunkBytesMax, Math.max(16 * 1024, bytes.length * 8))
  return { maxOutputLength: bytesMax, chunkSize, params: zstdParams }
}

const zstdParams = { [constants.ZSTD_d_windowLogMax]: windowLogMax }
