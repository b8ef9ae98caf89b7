/**
 * The files of a FileLog, format 1 (ADR 0008). Integers are little-endian.
 *
 *     <folder>/
 *       head                       partitions and generation, made once
 *       epoch-0000000001 …         one per writer that ever opened; the highest is the writer
 *       trim-0000000001            trim points of the writer of an epoch; the highest of all files count
 *       0000000001-0000000001.log  the records: epoch of the one writer of the file, its files counted from 1
 *       torn-<file>-<position>     bytes of a torn group, kept aside for people
 *       late-<file>                a file that a fenced writer made too late, kept aside for people
 *       new-<epoch>-<nonce>-…      temporaries
 *
 * `head`, `epoch-…` and `trim-…` are one line of JSON and a line with its crc32 in hex.
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
 *        40  number           u32   of the file in its epoch, from 1
 *        44  previous epoch   u32   the file before it; 0 in the first
 *        48  previous number  u32
 *        52  zeros            u32
 *        56  previous bytes   u64   length at which the previous file is sealed
 *        64  first group      u64
 *        72  start offsets    u64 per partition: the offset that its next record gets
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
 * The log is the chain of previous files from the last file of the highest epoch back. A file is
 * *sealed* by the file after it in the chain, at the length that stands there; bytes beyond it are no
 * part of the log, whoever wrote them. Only the last file has an open end.
 */
export const fileMagic = 0x4c524241
export const markMagic = 0x4d524241
export const groupMagic = 0x47524241
export const fileVersion = 1

export const pageBytes = 4096
export const fileHeaderFixedBytes = 72
export const markBytes = 16
export const groupHeaderBytes = 32
/** Where a group names its writer. */
export const groupNonceAt = 24
export const groupNonceBytes = 8
export const frameEntryBytes = 20

/** A record, at most. */
export const recordBytesMax = 64 * 1024 * 1024
/** A group, at most, unless a single record is larger. */
export const groupBytesMax = 8 * 1024 * 1024
/** Files are closed when the next group would make them longer. */
export const fileBytesDefault = 64 * 1024 * 1024
export const partitionsMax = 65_536

export const headName = 'head'

/** Which file of the log: of which writer, and which of its files. */
export interface FileId {
  readonly epoch: number
  readonly number: number
}

/** `0000000001-0000000001.log`: the order of names is the order of files. */
export function logFileName({ epoch, number }: FileId): string {
  return `${digits(epoch)}-${digits(number)}.log`
}

/** The id of a log file, or `undefined` for another name. */
export function logFileId(name: string): FileId | undefined {
  const match = /^(\d{10})-(\d{10})\.log$/.exec(name)
  return match === null ? undefined : { epoch: Number(match[1]), number: Number(match[2]) }
}

export function epochName(epoch: number): string {
  return `epoch-${digits(epoch)}`
}

export function trimName(epoch: number): string {
  return `trim-${digits(epoch)}`
}

/** The epoch in the name of an epoch or trim file, or `undefined` for another name. */
export function epochOf(kind: 'epoch' | 'trim', name: string): number | undefined {
  const match = /^(epoch|trim)-(\d{10})$/.exec(name)
  return match === null || match[1] !== kind ? undefined : Number(match[2])
}

/** A name for a file on its way, of nobody else. */
export function temporaryName(writer: { epoch: number; nonce: string }, what: string): string {
  return `new-${digits(writer.epoch)}-${writer.nonce}-${what}`
}

/** The epoch in the name of a temporary, or `undefined` for another name. */
export function temporaryEpoch(name: string): number | undefined {
  const match = /^new-(\d{10})-/.exec(name)
  return match === null ? undefined : Number(match[1])
}

function digits(number: number): string {
  return String(number).padStart(10, '0')
}
