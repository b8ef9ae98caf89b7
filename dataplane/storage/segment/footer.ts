/**
 * The footer: names, projects, slices, digests; all that pruning needs.
 *
 *     flags varint (0)
 *     event names, property names (`name-table.ts`), each a description length and description, then bytes
 *     projects varint, per project:
 *       id string · users varint · its table's region: length / 8 varint, head length / 8 varint
 *       slices varint, per slice:
 *         kind varint (0: rows) · day zigzag (difference to the one before) · rows · masked rows varint
 *         smallest time - first instant of the day, largest - smallest varint
 *         region: length / 8 varint, head length / 8 varint (0: tight)
 *         Σ row hashes, 16 bytes
 *
 * Regions follow each other in this order: all slices, then all tables.
 */
import { ByteReader } from '../../../common/bytes/reader.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { corrupt } from '../../../common/errors/errors.ts'
import { dayMs } from '../../schema/event.ts'
import { BodyReader } from '../codec/body.ts'
import { buildColumn } from './column.ts'
import type { ByteSource, SliceEntry } from './contract.ts'
import { addDigest, type Digest, emptyDigest } from './digest.ts'
import { type EncodeLimits, headBytes, sliceRowsMax } from './layout.ts'
import { type NameTable, readNames } from './name-table.ts'
import type { RegionRange } from './region.ts'

/** Nothing is flagged yet. */
const footerFlags = 0
/** What a slice region holds: rows. Sections of duplicates and timelines will have kinds of their own. */
const rowsKind = 0

/** What the footer says of a slice beyond `SliceEntry`. */
export interface FooterSlice {
  readonly entry: SliceEntry
  readonly headLength: number
  readonly digest: Digest
}

export interface FooterProject {
  readonly project: string
  readonly users: number
  readonly table: RegionRange
}

export interface Footer {
  readonly eventNames: readonly string[]
  readonly propertyNames: readonly string[]
  readonly projects: ReadonlyMap<string, FooterProject>
  readonly slices: readonly FooterSlice[]
  readonly digest: Digest
}

/** A written slice, in file order. */
export interface WrittenSlice {
  readonly day: number
  readonly minTime: number
  readonly maxTime: number
  readonly digest: Digest
  readonly bytes: Uint8Array
  readonly headLength: number
}

export interface WrittenProject {
  readonly project: string
  readonly users: number
  readonly slices: readonly WrittenSlice[]
  readonly table: { readonly bytes: Uint8Array; readonly headLength: number }
}

export function writeFooter(
  { events, properties }: { readonly events: NameTable; readonly properties: NameTable },
  projects: readonly WrittenProject[],
  { packBytesMin }: Pick<EncodeLimits, 'packBytesMin'>,
): Uint8Array {
  const out = new ByteWriter()
  out.varint(footerFlags)
  for (const names of [events, properties]) {
    const { description, bytes } = buildColumn({ tight: true, packBytesMin }, (sink) => names.write(sink))
    out.varint(description.length)
    out.bytes(description)
    out.varint(bytes.length)
    out.bytes(bytes)
  }
  out.varint(projects.length)
  for (const { project, users, slices, table } of projects) {
    out.string(project)
    out.varint(users)
    writeLengths(out, table.bytes.length, table.headLength)
    out.varint(slices.length)
    let before = 0
    for (const slice of slices) {
      out.varint(rowsKind)
      out.zigzag(slice.day - before)
      before = slice.day
      out.varint(slice.digest.rows)
      out.varint(slice.digest.maskedRows)
      out.varint(slice.minTime - slice.day * dayMs)
      out.varint(slice.maxTime - slice.minTime)
      writeLengths(out, slice.bytes.length, slice.headLength)
      for (const word of slice.digest.sum) out.u32(word)
    }
  }
  out.align(8)
  return out.finish()
}

function writeLengths(out: ByteWriter, length: number, headLength: number): void {
  out.varint(length / 8)
  out.varint(headLength / 8)
}

interface Lengths {
  readonly length: number
  readonly headLength: number
}

function readLengths(reader: ByteReader): Lengths {
  const length = 8 * reader.varint('length of a region')
  const headLength = 8 * reader.varintMax(length / 8, 'length of a head')
  return { length, headLength }
}

/** Parses the footer that `readFooter` found at `start`. Throws `CorruptError`. */
export function parseFooter(source: ByteSource, bytes: Uint8Array, start: number): Footer {
  const reader = new ByteReader(bytes, { object: source.name, code: 'SEGMENT_CORRUPT', base: start })
  const flags = reader.varint('flags of the footer')
  if (flags !== footerFlags) unknown(reader, 'flags of the footer', flags, footerFlags)
  const eventNames = readNameTable(reader)
  const propertyNames = readNameTable(reader)
  const tables: { project: string; users: number; lengths: Lengths }[] = []
  const slices: FooterSlice[] = []
  let at = headBytes
  const count = reader.count(4, 'projects')
  for (let i = 0; i < count; i++) {
    const project = reader.string('project id')
    tables.push({ project, users: reader.varintMax(0xffffffff, 'users of a project'), lengths: readLengths(reader) })
    const projectSlices = reader.count(23, 'slices of a project')
    let day = 0
    for (let j = 0; j < projectSlices; j++) {
      const slice = readSlice(reader, project, day, slices.length, at)
      slices.push(slice)
      day = slice.entry.day
      at = slice.entry.end
    }
  }
  reader.align(8)
  reader.expectEnd('end of the footer')
  const projects = new Map<string, FooterProject>()
  for (const { project, users, lengths } of tables) {
    projects.set(project, {
      project,
      users,
      table: { start: at, end: at + lengths.length, headLength: lengths.headLength },
    })
    at += lengths.length
  }
  if (at !== start) {
    corrupt({
      code: 'SEGMENT_CORRUPT',
      object: source.name,
      offset: start,
      what: 'end of the regions',
      got: at,
      want: start,
    })
  }
  const digest = slices.reduce((sum, slice) => addDigest(sum, slice.digest), emptyDigest)
  return { eventNames, propertyNames, projects, slices, digest }
}

function unknown(reader: ByteReader, what: string, got: number, want: number): never {
  const offset = reader.base + reader.position
  return corrupt({ code: 'FORMAT_UNKNOWN', object: reader.object, offset, what, got, want })
}

function readNameTable(reader: ByteReader): string[] {
  const description = reader.count(1, 'length of a name table')
  const from = reader.skip(description)
  const head = new ByteReader(reader.bytes, {
    object: reader.object,
    code: reader.code,
    base: reader.base,
    start: from,
    end: from + description,
  })
  const length = reader.count(1, 'bytes of a name table')
  const offset = reader.base + reader.position
  const names = readNames(head, new BodyReader(reader.take(length), true, { object: reader.object, offset }))
  head.expectEnd('end of a name table')
  return names
}

function readSlice(reader: ByteReader, project: string, before: number, index: number, start: number): FooterSlice {
  const kind = reader.varint('kind of a slice')
  if (kind !== rowsKind) unknown(reader, 'kind of a slice', kind, rowsKind)
  const day = before + reader.zigzag('day')
  const rows = reader.varintMax(sliceRowsMax, 'rows of a slice')
  const maskedRows = reader.varintMax(rows, 'masked rows of a slice')
  const minTime = day * dayMs + reader.varintMax(dayMs - 1, 'smallest time of a slice')
  const maxTime = minTime + reader.varintMax(dayMs - 1, 'largest time of a slice')
  const { length, headLength } = readLengths(reader)
  const sum: Digest['sum'] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()]
  const entry = {
    index,
    project,
    day,
    rows,
    maskedRows,
    minTime,
    maxTime,
    start,
    end: start + length,
    isWhole: headLength === 0,
  }
  return { entry, headLength, digest: { rows, maskedRows, sum } }
}
