/**
 * The header of a record: validated whole before anything in it is believed, so that blocks can be
 * skipped or decoded one by one.
 *
 * Upholds: an unknown version, kind, flag, encoding or control kind stops with the remedy
 * (`FORMAT_UNKNOWN`); a damaged byte of the header is `RECORD_CORRUPT` before it can mislead.
 */
import { ByteReader } from '../../../common/bytes/reader.ts'
import { corrupt } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import type { Block, EventRecord } from './contract.ts'
import {
  blockRawBytesMax,
  controlKind,
  entryFixedBytes,
  eventsKind,
  fixedHeaderBytes,
  rawEncoding,
  recordMagic,
  recordRowsMax,
  recordVersion,
  zstdEncoding,
} from './layout.ts'

/**
 * Reads and checks the header. `object` names the record in messages, for example `partition 3 offset 17`.
 * Throws `CorruptError` with `RECORD_CORRUPT` or `FORMAT_UNKNOWN`.
 */
export function openRecord(bytes: Uint8Array, object: string): EventRecord {
  const headerBytes = checkFrame(bytes, object)
  const reader = new ByteReader(bytes, { object, code: 'RECORD_CORRUPT', start: 4, end: headerBytes - 4 })
  const version = reader.u8()
  if (version !== recordVersion) unknown(object, 4, { what: 'record version', got: version, want: `${recordVersion}` })
  const kind = reader.u8()
  const flags = reader.u16()
  if (flags !== 0) unknown(object, 6, { what: 'record flags', got: flags, want: '0' })
  if (kind === controlKind) refuseControl(bytes, object, headerBytes)
  if (kind !== eventsKind) unknown(object, 5, { what: 'record kind', got: kind, want: `${eventsKind}` })
  reader.skip(8)
  const generation = reader.u32()
  const partition = reader.u32()
  const rows = reader.u32()
  const minPosition = reader.u32()
  const maxPosition = reader.u32()
  const count = reader.u32()
  if (rows > recordRowsMax) reader.fail('rows of the record', rows, `at most ${recordRowsMax}`, 24)
  const blocks = readDirectory(reader, count, bytes)
  const sum = blocks.reduce((total, block) => total + block.rows, 0)
  if (sum !== rows) reader.fail('rows of all blocks', sum, rows, 24)
  return { kind: 'events', generation, partition, rows, minPosition, maxPosition, blocks }
}

/** What all versions share: magic, lengths, checksum of the header. Returns the header's length. */
function checkFrame(bytes: Uint8Array, object: string): number {
  const reader = new ByteReader(bytes, { object, code: 'RECORD_CORRUPT' })
  const magic = reader.u32('magic')
  if (magic !== recordMagic) reader.fail('magic', hex(magic), hex(recordMagic), 0)
  reader.skip(4, 'version, kind and flags')
  const headerBytes = reader.u32('header bytes')
  const recordBytes = reader.u32('record bytes')
  if (headerBytes < fixedHeaderBytes + 4 || headerBytes > bytes.length) {
    reader.fail('header bytes', headerBytes, `${fixedHeaderBytes + 4} to ${bytes.length}`, 8)
  }
  reader.position = headerBytes - 4
  const want = reader.u32('header crc32')
  const got = crc32(bytes.subarray(0, headerBytes - 4))
  if (got !== want) reader.fail('crc32 of the header', hex(got), hex(want), headerBytes - 4)
  if (recordBytes !== bytes.length) reader.fail('bytes of the record', bytes.length, recordBytes, 12)
  return headerBytes
}

function readDirectory(reader: ByteReader, count: number, bytes: Uint8Array): Block[] {
  if (count * (entryFixedBytes + 1) > reader.remaining) {
    reader.fail('blocks', count, `at most ${Math.floor(reader.remaining / (entryFixedBytes + 1))}`, 36)
  }
  const blocks: Block[] = []
  let offset = reader.end + 4
  let firstIndex = 0
  for (let i = 0; i < count; i++) {
    const block = readEntry(reader, bytes, { firstIndex, offset })
    blocks.push(block)
    firstIndex += block.rows
    offset += block.storedBytes
  }
  reader.expectEnd('directory of blocks')
  if (offset !== bytes.length) reader.fail('bytes of the blocks', offset, bytes.length, 12)
  return blocks
}

function readEntry(reader: ByteReader, bytes: Uint8Array, at: { firstIndex: number; offset: number }): Block {
  const { object } = reader
  const start = reader.position
  const project = reader.string('project id')
  const spread = reader.u8()
  const encoding = reader.u8()
  const minPosition = reader.u32()
  const maxPosition = reader.u32()
  const rows = reader.u32()
  const rawBytes = reader.u32()
  const storedBytes = reader.u32()
  const crc = reader.u32()
  if (encoding !== rawEncoding && encoding !== zstdEncoding) {
    unknown(object, start, { what: 'encoding of a block', got: encoding, want: `${rawEncoding} or ${zstdEncoding}` })
  }
  // A row takes at least a byte, so that rows may size allocations.
  if (rows === 0 || rows > rawBytes) reader.fail('rows of a block', rows, `1 to ${rawBytes}`, start)
  if (rawBytes > blockRawBytesMax) reader.fail('raw bytes of a block', rawBytes, `at most ${blockRawBytesMax}`, start)
  if (encoding === rawEncoding && rawBytes !== storedBytes) {
    reader.fail('raw bytes of a block', rawBytes, `${storedBytes}, as stored`, start)
  }
  if (storedBytes > bytes.length - at.offset) {
    reader.fail('stored bytes of a block', storedBytes, `at most ${bytes.length - at.offset}`, start)
  }
  const stored = bytes.subarray(at.offset, at.offset + storedBytes)
  return {
    project,
    spread,
    minPosition,
    maxPosition,
    rows,
    rawBytes,
    storedBytes,
    encoding,
    crc,
    object,
    stored,
    ...at,
  }
}

function refuseControl(bytes: Uint8Array, object: string, start: number): never {
  const reader = new ByteReader(bytes, { object, code: 'RECORD_CORRUPT', start, end: bytes.length - 4 })
  const kind = reader.u16('control kind')
  const payloadBytes = reader.u32('payload bytes')
  if (payloadBytes !== reader.remaining) reader.fail('payload bytes', payloadBytes, reader.remaining, start + 2)
  const want = new ByteReader(bytes, { object, code: 'RECORD_CORRUPT', start: reader.end }).u32('crc32 of the control')
  const got = crc32(bytes.subarray(start, reader.end))
  if (got !== want) reader.fail('crc32 of the control', hex(got), hex(want), reader.end)
  unknown(object, start, { what: 'control kind', got: kind, want: 'none: this build knows no control records' })
}

function unknown(object: string, offset: number, detail: { what: string; got: number; want: string }): never {
  corrupt({ code: 'FORMAT_UNKNOWN', object, offset, ...detail })
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
