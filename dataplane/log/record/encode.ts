/**
 * Rows of several requests and projects become one record (ADR 0007): grouped by project in byte
 * order, within a project as they came, each project a block of its own.
 *
 * Does not: sort by position (ingest does, stably), choose what goes into one record, or append it.
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { assert, bug } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import { BlockBuilder } from './block-builder.ts'
import { compressBlock } from './compress.ts'
import type { RecordInput, RecordRow, TapeRow } from './contract.ts'
import { blockRawBytesMax, eventsKind, recordMagic, recordRowsMax, recordVersion } from './layout.ts'

const spreadDefault = 16

/** What one encoder keeps from record to record. It is replaced after this many bytes of blocks, so that it holds no more than that. */
const heldBytesMax = 32 * 1024 * 1024
let builder = new BlockBuilder()
let header = new ByteWriter()
let bodies = new ByteWriter(64 * 1024)
let heldBytes = 0

/** The bytes of a record. Throws `bug` when the rows break the contract of `RecordInput`. */
export function encodeRecord(input: RecordInput): Uint8Array {
  const { rows, spreads } = input
  assert(rows.length > 0, 'a record without rows')
  if (rows.length > recordRowsMax) bug(`a record of ${rows.length} rows, more than ${recordRowsMax}`)
  if (heldBytes > heldBytesMax) renew()
  header.reset()
  bodies.reset()
  const groups = groupByProject(rows)
  writeFixedHeader(input, groups.length)
  for (const [project, group] of groups) writeBlock(project, group, spreads?.get(project) ?? spreadDefault)
  return seal()
}

function renew(): void {
  builder = new BlockBuilder()
  header = new ByteWriter()
  bodies = new ByteWriter(64 * 1024)
  heldBytes = 0
}

type Row = RecordRow | TapeRow

function projectOf(row: Row): string {
  return row.tape === undefined ? row.event.project : row.tape.project
}

function groupByProject(rows: readonly Row[]): [string, readonly Row[]][] {
  const only = projectOf(rows[0])
  if (rows.every((row) => projectOf(row) === only)) return [[only, rows]]
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const project = projectOf(row)
    const group = groups.get(project)
    if (group === undefined) groups.set(project, [row])
    else group.push(row)
  }
  return [...groups].sort(([a], [b]) => compareUtf8(a, b))
}

function writeFixedHeader({ generation, partition, rows }: RecordInput, blocks: number): void {
  header.u32(recordMagic)
  header.u8(recordVersion)
  header.u8(eventsKind)
  header.u16(0)
  // Lengths of the header and of the record, filled in by `seal`.
  header.u32(0)
  header.u32(0)
  header.u32(generation)
  header.u32(partition)
  header.u32(rows.length)
  let min = 0xffffffff
  let max = 0
  for (const { position } of rows) {
    if (position < min) min = position
    if (position > max) max = position
  }
  header.u32(min)
  header.u32(max)
  header.u32(blocks)
}

function writeBlock(project: string, rows: readonly Row[], spread: number): void {
  builder.begin(rows.length)
  let position = 0
  for (const row of rows) {
    if (row.position < position) bug(`rows of project ${project} are not sorted by position`)
    position = row.position
    if (row.tape === undefined) builder.add(row.event, row.h)
    else builder.addOfTape(row.tape, row.row, row.h)
  }
  const raw = builder.finish()
  if (raw.length > blockRawBytesMax) bug(`a block of ${raw.length} bytes, more than ${blockRawBytesMax}`)
  heldBytes += raw.length
  const { encoding, stored } = compressBlock(raw)
  bodies.bytes(stored)
  header.string(project)
  header.u8(spread)
  header.u8(encoding)
  header.u32(rows[0].position)
  header.u32(position)
  header.u32(rows.length)
  header.u32(raw.length)
  header.u32(stored.length)
  header.u32(crc32(stored))
}

/** The whole record; the header's own checksum comes last, since it covers the lengths. */
function seal(): Uint8Array {
  const headerBytes = header.length + 4
  header.patchU32(8, headerBytes)
  header.patchU32(12, headerBytes + bodies.length)
  header.u32(crc32(header.view()))
  const record = new Uint8Array(headerBytes + bodies.length)
  record.set(header.view())
  record.set(bodies.view(), headerBytes)
  return record
}
