/**
 * Reading a whole range from a disk that may return less than was asked.
 *
 * `DiskFile.read` is allowed to be short at any time (a signal, a network file system, a fault of the
 * simulator); only an empty answer means the end of the file. Every reader goes through here, so that
 * a short read is never taken for a short file.
 */
import type { DiskFile, Room } from './ports.ts'

/** Bytes `[offset, offset + length)` of the file, fewer only when the file ends before. Throws `DiskError`. */
export async function readUpTo(file: DiskFile, offset: number, length: number, room?: Room): Promise<Uint8Array> {
  const first = await file.read(offset, length, room)
  if (first.length === length || first.length === 0) return first
  const bytes = new Uint8Array(length)
  bytes.set(first)
  let filled = first.length
  while (filled < length) {
    const more = await file.read(offset + filled, length - filled)
    if (more.length === 0) return bytes.subarray(0, filled)
    bytes.set(more, filled)
    filled += more.length
  }
  return bytes
}
