/** Header and mark of a log file (drawn in `layout.ts`). */
import { ByteReader } from '../../../common/bytes/reader.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { corrupt } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import type { DiskFile } from '../../core/ports.ts'
import { readUpTo } from '../../core/read-up-to.ts'
import { type Identity, nonceBytes, nonceText } from './identity.ts'
import {
  type FileId,
  fileHeaderFixedBytes,
  fileMagic,
  fileVersion,
  markBytes,
  markMagic,
  pageBytes,
  partitionsMax,
} from './layout.ts'

/** A file and the length at which it is sealed. */
export interface SealedFile extends FileId {
  readonly bytes: number
}

export interface FileHeader {
  readonly generation: number
  readonly writer: Identity
  /** Which of its writer's files it is, from 1. */
  readonly number: number
  /** The file before it in the log. */
  readonly previous: SealedFile | undefined
  /** Number of the first group of this file. */
  readonly firstGroup: number
  /** Per partition the offset of the first record that lies in this file or later. */
  readonly starts: readonly number[]
}

/** Where the mark and the groups of a file begin. */
export function pagesOf(partitions: number): { mark: number; groups: number } {
  const mark = Math.ceil((fileHeaderFixedBytes + 8 * partitions + 4) / pageBytes) * pageBytes
  return { mark, groups: mark + pageBytes }
}

/** The first bytes of a file, up to its groups. */
export function encodeFileHeader(header: FileHeader): Uint8Array {
  const writer = new ByteWriter(pageBytes * 2)
  const partitions = header.starts.length
  writer.u32(fileMagic)
  writer.u32(fileVersion)
  writer.u32(fileHeaderFixedBytes + 8 * partitions + 4)
  writer.u32(partitions)
  writer.u32(header.generation)
  writer.u32(header.writer.epoch)
  writer.bytes(nonceBytes(header.writer))
  writer.u32(header.number)
  writer.u32(header.previous?.epoch ?? 0)
  writer.u32(header.previous?.number ?? 0)
  writer.u32(0)
  writer.u64(header.previous?.bytes ?? 0)
  writer.u64(header.firstGroup)
  for (const start of header.starts) writer.u64(start)
  writer.u32(crc32(writer.view()))
  const bytes = new Uint8Array(pagesOf(partitions).groups)
  bytes.set(writer.view())
  return bytes
}

/** Reads and checks the header of a file. Throws `CorruptError` with the file's path. */
export async function readFileHeader(file: DiskFile, path: string): Promise<FileHeader> {
  const start = await readUpTo(file, 0, fileHeaderFixedBytes)
  const at = { object: path, code: 'LOG_CORRUPT' } as const
  const fixed = new ByteReader(start, at)
  const magic = fixed.u32('magic')
  if (magic !== fileMagic) fixed.fail('magic', magic, fileMagic, 0)
  const version = fixed.u32('version')
  const headerBytes = fixed.u32('header bytes')
  const partitions = fixed.u32('partitions')
  const headerBytesMax = fileHeaderFixedBytes + 8 * partitionsMax + 4
  if (headerBytes < fileHeaderFixedBytes || headerBytes > headerBytesMax) {
    fixed.fail('header bytes', headerBytes, `${fileHeaderFixedBytes} to ${headerBytesMax}`, 8)
  }
  const bytes = await readUpTo(file, 0, Math.ceil(headerBytes / pageBytes) * pageBytes)
  const reader = new ByteReader(bytes, at)
  reader.skip(headerBytes - 4, 'header')
  // The checksum decides before the version: a flipped bit there is damage, not a file from the future.
  const want = reader.u32('crc32 of the header')
  const got = crc32(bytes.subarray(0, headerBytes - 4))
  if (got !== want) reader.fail('crc32 of the header', got, want, headerBytes - 4)
  if (version !== fileVersion) {
    corrupt({ code: 'FORMAT_UNKNOWN', object: path, offset: 4, what: 'version', got: version, want: fileVersion })
  }
  const wantBytes = fileHeaderFixedBytes + 8 * partitions + 4
  if (headerBytes !== wantBytes) reader.fail('header bytes', headerBytes, wantBytes, 8)
  return readFields(new ByteReader(bytes, { ...at, start: 16 }), partitions)
}

function readFields(reader: ByteReader, partitions: number): FileHeader {
  const generation = reader.u32()
  const epoch = reader.u32()
  const nonce = nonceText(reader.take(16))
  const number = reader.u32()
  const previousFile = { epoch: reader.u32(), number: reader.u32() }
  reader.skip(4)
  const bytes = reader.u64()
  const previous = previousFile.epoch === 0 ? undefined : { ...previousFile, bytes }
  const firstGroup = reader.u64()
  const starts = Array.from({ length: partitions }, () => reader.u64('start offset'))
  reader.skip(4)
  for (let at = reader.position; at < reader.end; at++) {
    if (reader.bytes[at] !== 0) reader.fail('padding of the header', reader.bytes[at], 0, at)
  }
  return { generation, writer: { epoch, nonce }, number, previous, firstGroup, starts }
}

export function encodeMark(durableBytes: number): Uint8Array {
  const writer = new ByteWriter(markBytes)
  writer.u32(markMagic)
  writer.u64(durableBytes)
  writer.u32(crc32(writer.view()))
  return writer.finish()
}

/**
 * How many bytes of the file are known to be durable, or `undefined` when the mark was never written or did not
 * survive: it is not synced, so a power cut may leave an older one, or none.
 */
export async function readMark(file: DiskFile, partitions: number): Promise<number | undefined> {
  const bytes = await readUpTo(file, pagesOf(partitions).mark, markBytes)
  if (bytes.length < markBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0, true) !== markMagic || view.getUint32(12, true) !== crc32(bytes.subarray(0, 12)))
    return undefined
  return view.getUint32(4, true) + 2 ** 32 * view.getUint32(8, true)
}
