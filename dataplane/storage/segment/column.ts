/**
 * A column in a region: its description lies in the region's head, its bytes in a blob.
 *
 *     in the head:  blob + 1 varint (0: no bytes) · length varint, description
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { ByteWriter } from '../../../common/bytes/writer.ts'
import { bug } from '../../../common/errors/errors.ts'
import { BodyReader, ColumnSink, type ColumnStyle } from '../codec/body.ts'
import type { Blobs, Region, RegionWriter } from './region.ts'

export interface Column {
  readonly description: Uint8Array
  readonly bytes: Uint8Array
}

const sink = new ColumnSink({ tight: true, packBytesMin: 0 })

/** Collects what `write` writes. Columns do not nest: one sink serves them all. */
export function buildColumn(style: ColumnStyle, write: (sink: ColumnSink) => void): Column {
  sink.reset(style)
  write(sink)
  return { description: sink.head.finish(), bytes: sink.body.finish() }
}

/** Adds the column's bytes to the region and returns its blob, -1 when it has none. */
export function placeColumn(column: Column, region: RegionWriter): number {
  return column.bytes.length === 0 ? -1 : region.blob(column.bytes)
}

export function writeColumnRef(out: ByteWriter, column: Column, blob: number): void {
  out.varint(blob + 1)
  out.varint(column.description.length)
  out.bytes(column.description)
}

/** Where a column is: `start` to `end` of the head's content describe it. */
export interface ColumnRef {
  /** -1: no bytes. */
  readonly blob: number
  readonly start: number
  readonly end: number
}

export function readColumnRef(reader: ByteReader, blobs: number): ColumnRef {
  const blob = reader.varintMax(blobs, 'blob of a column') - 1
  const start = reader.skip(reader.count(1, 'length of a description'), 'description of a column')
  return { blob, start, end: reader.position }
}

/** References of many columns, three numbers each: the fields of `ColumnRef`. */
export type ColumnRefs = Int32Array

/** Reads `count` references. One tight loop, since a large slice has thousands. */
export function readColumnRefs(reader: ByteReader, count: number, blobs: number): ColumnRefs {
  const refs = new Int32Array(3 * count)
  const { bytes, end } = reader
  let at = reader.position
  for (let i = 0; i < refs.length; i += 3) {
    // Both numbers are short nearly always; whatever is not goes through the reader and its checks.
    if (end - at < 2 || bytes[at] > 0x7f || bytes[at + 1] > 0x7f) {
      reader.position = at
      const ref = readColumnRef(reader, blobs)
      refs[i] = ref.blob
      refs[i + 1] = ref.start
      refs[i + 2] = ref.end
      at = ref.end
      continue
    }
    const blob = bytes[at]
    const start = at + 2
    at = start + bytes[at + 1]
    if (blob > blobs) reader.fail('blob of a column', blob, `at most ${blobs}`, start - 2)
    if (at > end) reader.fail('length of a description', at - start, `at most ${end - start}`, start - 1)
    refs[i] = blob - 1
    refs[i + 1] = start
    refs[i + 2] = at
  }
  reader.position = at
  return refs
}

export function columnRef(refs: ColumnRefs, column: number): ColumnRef {
  return { blob: refs[3 * column], start: refs[3 * column + 1], end: refs[3 * column + 2] }
}

/** Readers of the description and of the bytes, which must have been fetched. */
export function openColumn(region: Region, ref: ColumnRef, blobs: Blobs): { head: ByteReader; body: BodyReader } {
  const head = region.reader(ref.start, ref.end)
  if (ref.blob < 0)
    return {
      head,
      body: new BodyReader(new Uint8Array(0), region.tight, {
        object: region.object,
        offset: region.headBase + ref.start,
      }),
    }
  return { head, body: blobs.get(ref.blob) ?? bug(`blob ${ref.blob} of ${region.object} was not fetched`) }
}

/** Reads a whole column and checks that nothing is left over. */
export function readColumn<T>(
  region: Region,
  ref: ColumnRef,
  blobs: Blobs,
  read: (head: ByteReader, body: BodyReader) => T,
): T {
  const { head, body } = openColumn(region, ref, blobs)
  const value = read(head, body)
  head.expectEnd('end of a description')
  body.finish()
  return value
}
