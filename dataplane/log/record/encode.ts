/**
 * Rows of several requests and projects become one record (ADR 0007): grouped by project in byte
 * order, within a project as they came, each project a block of its own.
 *
 * Does not: sort by position (ingest does, stably), choose what goes into one record, or append it.
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { assert } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import { BlockBuilder } from './block-builder.ts'
import { compressBlock } from './compress.ts'
import type { RecordInput, RecordRow } from './contract.ts'
import { blockRawBytesMax, eventsKind, recordMagic, recordRowsMax, recordVersion } from './layout.ts'

const spreadDefault = 16

interface EncodedBlock {
  readonly project: string
  readonly spread: number
  readonly minPosition: number
  readonly maxPosition: number
  readonly rows: number
  readonly rawBytes: number
  readonly encoding: number
  readonly stored: Uint8Array
}

/** The bytes of a record. Throws `bug` when the rows break the contract of `RecordInput`. */
export function encodeRecord(input: RecordInput): Uint8Array {
  const { rows } = input
  assert(rows.length > 0, 'a record without rows')
  assert(rows.length <= recordRowsMax, `a record of ${rows.length} rows, more than ${recordRowsMax}`)
  const blocks = groupByProject(rows).map(([project, group]) => {
    return encodeBlock(project, group, input.spreads?.get(project) ?? spreadDefault)
  })
  const writer = new ByteWriter(blocks.reduce((bytes, block) => bytes + block.stored.length + 128, 64))
  writeHeader(writer, input, blocks)
  for (const block of blocks) writer.bytes(block.stored)
  writer.patchU32(12, writer.length)
  // The header's own checksum comes last, since it covers the record's length.
  const headerEnd = writer.length - blocks.reduce((bytes, block) => bytes + block.stored.length, 0)
  writer.patchU32(headerEnd - 4, crc32(writer.view().subarray(0, headerEnd - 4)))
  return writer.finish()
}

function groupByProject(rows: readonly RecordRow[]): [string, RecordRow[]][] {
  const groups = new Map<string, RecordRow[]>()
  let group: RecordRow[] = []
  let project: string | undefined
  for (const row of rows) {
    if (row.event.project !== project) {
      project = row.event.project
      group = groups.get(project) ?? []
      groups.set(project, group)
    }
    group.push(row)
  }
  return [...groups].sort(([a], [b]) => compareUtf8(a, b))
}

function encodeBlock(project: string, rows: readonly RecordRow[], spread: number): EncodedBlock {
  const builder = new BlockBuilder(rows.length)
  let before = 0
  for (const { event, h, position } of rows) {
    assert(position >= before, `rows of project ${project} are not sorted by position`)
    before = position
    builder.add(event, h)
  }
  const raw = builder.finish()
  assert(raw.length <= blockRawBytesMax, `a block of ${raw.length} bytes, more than ${blockRawBytesMax}`)
  return {
    project,
    spread,
    minPosition: rows[0].position,
    maxPosition: before,
    rows: rows.length,
    rawBytes: raw.length,
    ...compressBlock(raw),
  }
}

function writeHeader(writer: ByteWriter, input: RecordInput, blocks: readonly EncodedBlock[]): void {
  writer.u32(recordMagic)
  writer.u8(recordVersion)
  writer.u8(eventsKind)
  writer.u16(0)
  writer.u32(0)
  writer.u32(0)
  writer.u32(input.generation)
  writer.u32(input.partition)
  writer.u32(input.rows.length)
  writer.u32(blocks.reduce((min, block) => Math.min(min, block.minPosition), 0xffffffff))
  writer.u32(blocks.reduce((max, block) => Math.max(max, block.maxPosition), 0))
  writer.u32(blocks.length)
  for (const block of blocks) {
    writer.string(block.project)
    writer.u8(block.spread)
    writer.u8(block.encoding)
    writer.u32(block.minPosition)
    writer.u32(block.maxPosition)
    writer.u32(block.rows)
    writer.u32(block.rawBytes)
    writer.u32(block.stored.length)
    writer.u32(crc32(block.stored))
  }
  writer.u32(0)
  writer.patchU32(8, writer.length)
}
