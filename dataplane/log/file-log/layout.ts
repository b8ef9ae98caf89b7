/**
 * The files of a FileLog, format 1 (ADR 0008). Integers are little-endian.
 *
 *     <folder>/
 *       head                     partitions and generation, made once
 *       epoch                    who may write: number and nonce, replaced by each writer that opens
 *       trim-<nonce>             trim points of the writer with this nonce; the highest of all files count
 *       0000000000000001.log …   the records, in order; each file has exactly one writer
 *       torn-<file>-<offset>     bytes of a torn group, kept aside for people
 *       new-<epoch>-<nonce>-…    temporaries
 *
 * `head`, `epoch` and `trim-…` are one line of JSON and a line with its crc32 in hex.
 *
 *     log file
 *       header
 *         0  magic            u32   'ABRL'
 *         4  version          u32   1
 *         8  header bytes     u32   with the checksum
 *        12  partitions       u32
 *        16  generation       u32
 *        20  epoch            u32
 *        24  writer           16 bytes, the nonce of its epoch
 *        40  file number      u64
 *        48  previous bytes   u64   length at which the previous file is sealed; 0 in the first
 *        56  first group      u64
 *        64  start offsets    u64 per partition: the offset that its next record gets
 *            crc32            u32
 *       zeros to the next multiple of 4096: the mark page
 *         0  magic            u32   'ABRM'
 *         4  durable bytes    u64   the file up to here was synced
 *        12  crc32            u32
 *       4096 bytes later: groups, back to back
 *
 *     group: what one fsync made durable
 *         0  magic            u32   'ABRG'
 *         4  frames           u32
 *         8  group bytes      u32   all of it
 *        12  epoch            u32
 *        16  group number     u64   one more than the group before it
 *        24  writer           first 8 bytes of the nonce
 *        32  per frame: partition u32 · bytes u32 · offset u64 · crc32 of the record u32
 *            crc32            u32   of the group so far
 *            records, back to back, frames of one partition together
 *
 * A file is *sealed* when the next one exists: its length is in the next file's header, and bytes
 * beyond it are no part of the log, whoever wrote them. Only the last file has an open end.
 */
export const fileMagic = 0x4c524241
export const markMagic = 0x4d524241
export const groupMagic = 0x47524241
export const fileVersion = 1

export const pageBytes = 4096
export const fileHeaderFixedBytes = 64
export const markBytes = 16
export const groupHeaderBytes = 32
export const frameEntryBytes = 20

/** A record, at most. */
export const recordBytesMax = 64 * 1024 * 1024
/** A group, at most, unless a single record is larger. */
export const groupBytesMax = 8 * 1024 * 1024
/** Files are closed when the next group would make them longer. */
export const fileBytesDefault = 64 * 1024 * 1024
export const partitionsMax = 65_536

export const headName = 'head'
export const epochName = 'epoch'

/** `0000000000000001.log`. */
export function logFileName(number: number): string {
  return `${String(number).padStart(16, '0')}.log`
}

/** The number of a log file, or `undefined` for another name. */
export function logFileNumber(name: string): number | undefined {
  return /^\d{16}\.log$/.test(name) ? Number(name.slice(0, 16)) : undefined
}

export function isTrimName(name: string): boolean {
  return /^trim-[0-9a-f]{32}$/.test(name)
}
