/**
 * The tables of a project: its users, and the properties that its slices share.
 *
 *     head of the region:  users varint · hashes, ids (columns, `user-table.ts`)
 *                          properties varint, per property: name (difference to the one before - 1) varint
 *                          · dictionary (column) · codes per user u8 (0 or 1), when 1: codes by ordinal (column)
 *
 * Read in pieces: what a query does not ask for is not read; what was read is kept as long as the segment.
 */
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { corrupt } from '../../../common/errors/errors.ts'
import type { Value } from '../../schema/value.ts'
import { writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'
import { buildColumn, type ColumnRef, placeColumn, readColumn, readColumnRef, writeColumnRef } from './column.ts'
import type { ByteSource, ReadMeter, UserTable } from './contract.ts'
import type { EncodeLimits } from './layout.ts'
import type { NameTable } from './name-table.ts'
import type { SortedUsers } from './project-users.ts'
import { readDictionary, writeDictionary } from './property-dictionary.ts'
import { type Blobs, Region, type RegionRange, RegionWriter } from './region.ts'
import type { SharedProperty } from './shared-properties.ts'
import { LoadedUserTable, readHashes, readIds, writeHashes, writeIds } from './user-table.ts'

/** `used`: properties whose codes per user some slice refers to. */
export function writeProjectTables(
  users: SortedUsers,
  properties: { readonly shared: ReadonlyMap<string, SharedProperty>; readonly used: ReadonlySet<string> },
  { names, limits }: { readonly names: NameTable; readonly limits: EncodeLimits },
): { readonly bytes: Uint8Array; readonly headLength: number } {
  const { shared, used } = properties
  const values = [...shared.values()].reduce((sum, { dictionary }) => sum + dictionary.order.length, 0)
  const style = { tight: users.ids.length + values <= limits.tightTableMax, packBytesMin: limits.packBytesMin }
  const region = new RegionWriter(style.tight)
  const head = new ByteWriter()
  const write = (column: ReturnType<typeof buildColumn>) => writeColumnRef(head, column, placeColumn(column, region))
  head.varint(users.ids.length)
  write(buildColumn(style, (sink) => writeHashes(users.hashes, sink)))
  write(buildColumn(style, (sink) => writeIds(users.ids, sink)))
  head.varint(shared.size)
  let next = 0
  const sorted = [...shared.values()].sort((a, b) => names.code(a.name) - names.code(b.name))
  for (const { name, dictionary, ...property } of sorted) {
    const perUser = used.has(name) ? property.perUser : undefined
    head.varint(names.code(name) - next)
    next = names.code(name) + 1
    write(buildColumn(style, (sink) => writeDictionary(dictionary, sink)))
    head.u8(perUser === undefined ? 0 : 1)
    if (perUser !== undefined) write(buildColumn(style, (sink) => writeInts(perUser, sink)))
  }
  return region.finish(head.finish())
}

/** A shared property: decoded on first use. */
export interface SharedTable {
  readonly dictionary: readonly Value[]
  /** Code per ordinal. */
  readonly perUser: Uint32Array | undefined
}

interface SharedRefs {
  readonly dictionary: ColumnRef
  readonly perUser: ColumnRef | undefined
}

export class ProjectTables {
  readonly region: Region
  readonly userCount: number
  /** Where things are, for `inspect`. */
  readonly refs: {
    readonly hashes: ColumnRef
    readonly ids: ColumnRef
    readonly properties: ReadonlyMap<string, SharedRefs>
  }
  #users: Promise<UserTable> | undefined
  readonly #shared = new Map<string, Promise<SharedTable>>()

  private constructor(region: Region, userCount: number, refs: ProjectTables['refs']) {
    this.region = region
    this.userCount = userCount
    this.refs = refs
  }

  /** Reads the head. `users`: as the footer says. Throws `CorruptError`. */
  static async open(
    source: ByteSource,
    range: RegionRange,
    facts: { readonly users: number; readonly propertyNames: readonly string[]; readonly meter?: ReadMeter },
  ): Promise<ProjectTables> {
    const region = await Region.open(source, range, facts.meter)
    const { propertyNames } = facts
    const head = region.reader()
    const users = head.varint('users of a table')
    if (users !== facts.users) head.fail('users of a table', users, facts.users)
    const hashes = readColumnRef(head, region.blobs)
    const ids = readColumnRef(head, region.blobs)
    const properties = new Map<string, SharedRefs>()
    const count = head.count(4, 'shared properties')
    let next = 0
    for (let i = 0; i < count; i++) {
      const code = next + head.varint('name of a property')
      if (code >= propertyNames.length) head.fail('name of a property', code, `below ${propertyNames.length}`)
      next = code + 1
      const dictionary = readColumnRef(head, region.blobs)
      const perUser = head.varintMax(1, 'codes per user') === 1 ? readColumnRef(head, region.blobs) : undefined
      properties.set(propertyNames[code], { dictionary, perUser })
    }
    return new ProjectTables(region, users, { hashes, ids, properties })
  }

  /** Read once and kept. */
  users(meter?: ReadMeter): Promise<UserTable> {
    if (this.#users === undefined) {
      this.#users = this.#readUsers(meter)
      // A failed read is not kept: the store may answer next time.
      this.#users.catch(() => {
        this.#users = undefined
      })
    }
    return this.#users
  }

  /** A property that a slice says is shared, read once and kept. */
  property(name: string, meter?: ReadMeter): Promise<SharedTable> {
    let table = this.#shared.get(name)
    if (table === undefined) {
      table = this.#readProperty(name, meter)
      table.catch(() => this.#shared.delete(name))
      this.#shared.set(name, table)
    }
    return table
  }

  async #readUsers(meter?: ReadMeter): Promise<UserTable> {
    const { hashes, ids } = this.refs
    const blobs = await this.region.fetch(blobsOf(hashes, ids), meter)
    return new LoadedUserTable(
      readColumn(this.region, hashes, blobs, (head, body) => readHashes(head, body, this.userCount)),
      readColumn(this.region, ids, blobs, (head, body) => readIds(head, body, this.userCount)),
    )
  }

  #lacks(name: string): never {
    const { object, headBase } = this.region
    const what = `shared properties that a slice refers to`
    return corrupt({ code: 'SEGMENT_CORRUPT', object, offset: headBase, what, got: 'none', want: JSON.stringify(name) })
  }

  async #readProperty(name: string, meter?: ReadMeter): Promise<SharedTable> {
    const refs = this.refs.properties.get(name) ?? this.#lacks(name)
    const blobs = await this.region.fetch(blobsOf(refs.dictionary, refs.perUser), meter)
    return new LoadedShared(this.region, refs, blobs, this.userCount)
  }
}

function blobsOf(...refs: readonly (ColumnRef | undefined)[]): number[] {
  return refs.flatMap((ref) => (ref === undefined || ref.blob < 0 ? [] : [ref.blob]))
}

class LoadedShared implements SharedTable {
  readonly #region: Region
  readonly #refs: SharedRefs
  readonly #blobs: Blobs
  readonly #users: number
  #dictionary: readonly Value[] | undefined
  #perUser: Uint32Array | undefined

  constructor(region: Region, refs: SharedRefs, blobs: Blobs, users: number) {
    this.#region = region
    this.#refs = refs
    this.#blobs = blobs
    this.#users = users
  }

  get dictionary(): readonly Value[] {
    this.#dictionary ??= readColumn(this.#region, this.#refs.dictionary, this.#blobs, readDictionary)
    return this.#dictionary
  }

  get perUser(): Uint32Array | undefined {
    const { perUser } = this.#refs
    if (perUser === undefined) return undefined
    this.#perUser ??= readColumn(this.#region, perUser, this.#blobs, (head, body) => {
      return readInts(head, body, this.#users).all()
    })
    return this.#perUser
  }
}
