/**
 * What a segment is made of: bytes and encodings by column, and a line per slice. For people
 * (`npm run segment -- inspect FILE`) and for the benchmarks' size tables.
 *
 * Every byte of the file is in exactly one line of `columns`, so they add up to the file.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { BodyReader } from '../codec/body.ts'
import { readInts } from '../codec/ints-reader.ts'
import { type ColumnRef, openColumn } from './column.ts'
import type { ByteSource, SliceEntry } from './contract.ts'
import { digestText } from './digest.ts'
import { headBytes, trailerBytes } from './layout.ts'
import { type OpenSegment, openSegment } from './open.ts'
import type { ProjectTables } from './project-tables.ts'
import { readProperty } from './property-column.ts'
import type { Region } from './region.ts'
import type { OpenSlice } from './slice.ts'
import { readUserRuns } from './user-runs.ts'

export interface ColumnReport {
  readonly name: string
  /** `hot`: scans read it; `cold`: exports and dictionaries; `directory`: heads, footer. */
  readonly group: 'hot' | 'cold' | 'directory'
  readonly bytes: number
  /** How many columns (one per stripe or slice) are summed up here. */
  readonly columns: number
  /** Encodings, the most frequent first. */
  readonly encodings: readonly { readonly name: string; readonly columns: number }[]
}

export interface SliceReport {
  readonly entry: SliceEntry
  readonly users: number
  /** Stripes of one name, and names that share one. */
  readonly ownStripes: number
  readonly restNames: number
  readonly tight: boolean
  readonly headBytes: number
}

export interface SegmentReport {
  readonly name: string
  readonly bytes: number
  readonly rows: number
  readonly maskedRows: number
  readonly projects: number
  readonly users: number
  readonly eventNames: number
  readonly propertyNames: number
  readonly digest: string
  readonly columns: readonly ColumnReport[]
  readonly slices: readonly SliceReport[]
}

/** Reads the whole segment, so it checks every checksum on the way. Throws `CorruptError`. */
export async function inspectSegment(source: ByteSource): Promise<SegmentReport> {
  const segment = await openSegment(source)
  const tally = new Tally()
  const slices: SliceReport[] = []
  for (const entry of segment.slices) slices.push(await inspectSlice(segment, entry, tally))
  let users = 0
  for (const project of segment.footer.projects.keys()) {
    const tables = await segment.tables(project)
    await inspectTables(tables, tally)
    users += tables.userCount
  }
  const footer = segment.footer
  const regionsEnd = Math.max(headBytes, ...[...footer.projects.values()].map(({ table }) => table.end))
  tally.add('footer', 'directory', source.byteLength - regionsEnd - trailerBytes, undefined)
  tally.add('file head and trailer', 'directory', headBytes + trailerBytes, undefined)
  return {
    name: source.name,
    bytes: source.byteLength,
    rows: segment.digest.rows,
    maskedRows: segment.digest.maskedRows,
    projects: footer.projects.size,
    users,
    eventNames: footer.eventNames.length,
    propertyNames: footer.propertyNames.length,
    digest: digestText(segment.digest),
    columns: tally.columns(),
    slices,
  }
}

async function inspectTables({ region, refs, userCount }: ProjectTables, tally: Tally): Promise<void> {
  const report = new RegionTally(region, tally)
  await report.column('user hashes', 'hot', refs.hashes, (head, body) => readInts(head, body, userCount).encoding)
  await report.column('user ids', 'hot', refs.ids, () => undefined)
  for (const [name, { dictionary, perUser }] of refs.properties) {
    await report.column(`${name}: shared dictionary`, 'cold', dictionary, () => undefined)
    if (perUser === undefined) continue
    await report.column(`${name}: shared by user`, 'hot', perUser, (head, body) => {
      return readInts(head, body, userCount).encoding
    })
  }
  tally.add('heads of tables', 'directory', region.byteLength - report.blobBytes, undefined)
}

async function inspectSlice(segment: OpenSegment, entry: SliceEntry, tally: Tally): Promise<SliceReport> {
  const slice = await segment.slice(entry)
  const { region } = slice
  const report = new RegionTally(slice.region, tally)
  for (const { name, dictionary, perUser } of slice.properties.values()) {
    if (dictionary !== undefined) await report.column(`${name}: dictionary`, 'cold', dictionary, () => undefined)
    if (perUser === undefined) continue
    await report.column(`${name}: by user`, 'hot', perUser, (head, body) => {
      return readInts(head, body, slice.users).encoding
    })
  }
  await report.column('digests by hash', 'cold', slice.refs.buckets, () => undefined)
  await report.column('slice users', 'hot', slice.refs.users, (head, body) => {
    return readInts(head, body, slice.users).encoding
  })
  for (const stripe of slice.stripes) await inspectStripe(slice, stripe.index, report)
  tally.add('heads of slices', 'directory', region.byteLength - report.blobBytes, undefined)
  const own = slice.stripes.filter((stripe) => stripe.events.length === 1).length
  return {
    entry,
    users: slice.users,
    ownStripes: own,
    restNames: slice.stripes.reduce((sum, { events }) => sum + (events.length > 1 ? events.length : 0), 0),
    tight: region.tight,
    headBytes: segment.footer.slices[entry.index].headLength,
  }
}

async function inspectStripe(slice: OpenSlice, index: number, report: RegionTally): Promise<void> {
  const stripe = slice.stripes[index]
  const { rows } = stripe
  await report.column('user runs', 'hot', stripe.users, (head, body) => {
    const { rowBits, tokenBytes, exceptions } = readUserRuns(head, body, {
      rows,
      names: stripe.events.length,
      sliceUsers: slice.users,
      arena: slice.arena,
    })
    return `${tokenBytes} bytes, ${rowBits} bits of them rows${exceptions.length === 0 ? '' : ', exceptions'}`
  })
  await report.column('time', 'hot', stripe.times, (head, body) => {
    return `${head.varint() === 1 ? '' : 'seconds '}${readInts(head, body, rows).encoding}`
  })
  if (stripe.masked !== undefined) await report.column('masks', 'hot', stripe.masked, () => undefined)
  await report.column('insert_id', 'cold', stripe.insertIds, () => undefined)
  for (const property of slice.properties.values()) {
    const column = stripe.property(property.index)
    if (column !== undefined) {
      await report.column(property.name, 'hot', column, (head, body) => propertyEncoding(head, body, rows))
    }
  }
}

function propertyEncoding(head: ByteReader, body: BodyReader, rows: number): string {
  const { codes, numbers } = readProperty(head, body, rows)
  const text = codes.kind === 'row' ? codes.codes.encoding : codes.kind === 'user' ? 'by user' : 'sparse'
  return numbers === undefined ? text : `${text}; numbers ${numbers.values.encoding}`
}

/** Adds the columns of one region, counting which bytes of it are in blobs. */
class RegionTally {
  blobBytes = 0
  readonly #region: Region
  readonly #tally: Tally

  constructor(region: Region, tally: Tally) {
    this.#region = region
    this.#tally = tally
  }

  async column(
    name: string,
    group: ColumnReport['group'],
    ref: ColumnRef,
    encoding: (head: ByteReader, body: BodyReader) => string | undefined,
  ): Promise<void> {
    const blobs = await this.#region.fetch(ref.blob < 0 ? [] : [ref.blob])
    const { head, body } = openColumn(this.#region, ref, blobs)
    const bytes = ref.blob < 0 ? 0 : this.#region.blobLength(ref.blob)
    this.blobBytes += bytes
    this.#tally.add(name, group, bytes, encoding(head, body))
  }
}

class Tally {
  readonly #columns = new Map<
    string,
    { group: ColumnReport['group']; bytes: number; columns: number; encodings: Map<string, number> }
  >()

  add(name: string, group: ColumnReport['group'], bytes: number, encoding: string | undefined): void {
    const column = this.#columns.get(name) ?? { group, bytes: 0, columns: 0, encodings: new Map<string, number>() }
    this.#columns.set(name, column)
    column.bytes += bytes
    column.columns++
    if (encoding !== undefined) column.encodings.set(encoding, (column.encodings.get(encoding) ?? 0) + 1)
  }

  columns(): ColumnReport[] {
    return [...this.#columns]
      .map(([name, { encodings, ...rest }]) => ({
        name,
        ...rest,
        encodings: [...encodings]
          .sort((a, b) => b[1] - a[1])
          .map(([encoding, columns]) => ({ name: encoding, columns })),
      }))
      .sort((a, b) => b.bytes - a.bytes)
  }
}
