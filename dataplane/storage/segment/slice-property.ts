/**
 * A property of a slice: where its dictionary and its codes per user are, in the slice or in the
 * tables of the project.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { Value } from '../../schema/value.ts'
import { readInts } from '../codec/ints-reader.ts'
import { type ColumnRef, readColumn, readColumnRef } from './column.ts'
import { ownPerUserFlag, sharedDictionaryFlag, sharedPerUserFlag } from './layout.ts'
import type { SharedTable } from './project-tables.ts'
import { readDictionary } from './property-dictionary.ts'
import type { Blobs, Region } from './region.ts'

export interface SliceProperty {
  readonly name: string
  /** Its number in the slice. */
  readonly index: number
  /** In the slice; absent where the project's is used. */
  readonly dictionary: ColumnRef | undefined
  readonly perUser: ColumnRef | undefined
  readonly sharedDictionary: boolean
  readonly sharedPerUser: boolean
}

/** What the stripes of a slice share of a property, decoded on use. */
export interface SharedColumns {
  readonly dictionary: readonly Value[]
  /** Code per slice user, where stripes are stored by user. */
  readonly perUser: Uint32Array | undefined
}

const flagsMax = ownPerUserFlag | sharedDictionaryFlag | sharedPerUserFlag

export function readSliceProperties(head: ByteReader, region: Region, names: readonly string[]): SliceProperty[] {
  const count = head.count(2, 'properties of a slice')
  const properties: SliceProperty[] = []
  let next = 0
  for (let index = 0; index < count; index++) {
    const code = next + head.varint('name of a property')
    if (code >= names.length) head.fail('name of a property', code, `below ${names.length}`)
    next = code + 1
    const flags = head.varintMax(flagsMax, 'flags of a property')
    const sharedDictionary = (flags & sharedDictionaryFlag) !== 0
    const sharedPerUser = (flags & sharedPerUserFlag) !== 0
    const dictionary = sharedDictionary ? undefined : readColumnRef(head, region.blobs)
    const perUser = (flags & ownPerUserFlag) === 0 ? undefined : readColumnRef(head, region.blobs)
    properties.push({ name: names[code], index, dictionary, perUser, sharedDictionary, sharedPerUser })
  }
  return properties
}

interface Within {
  readonly region: Region
  /** Users of the slice. */
  readonly users: number
  readonly userOrdinals: Uint32Array
}

/** All in the slice. */
export class OwnColumns implements SharedColumns {
  readonly #slice: Within
  readonly #property: SliceProperty
  readonly #blobs: Blobs
  #dictionary: readonly Value[] | undefined
  #perUser: Uint32Array | undefined

  constructor(slice: Within, property: SliceProperty, blobs: Blobs) {
    this.#slice = slice
    this.#property = property
    // Only its own blobs, so that it does not keep the columns of stripes alive.
    const own = [property.dictionary?.blob ?? -1, property.perUser?.blob ?? -1].filter((blob) => blob >= 0)
    this.#blobs = new Map(own.map((blob) => [blob, blobs.get(blob)!]))
  }

  get dictionary(): readonly Value[] {
    const { dictionary } = this.#property
    if (dictionary === undefined) return []
    this.#dictionary ??= readColumn(this.#slice.region, dictionary, this.#blobs, readDictionary)
    return this.#dictionary
  }

  get perUser(): Uint32Array | undefined {
    const { perUser } = this.#property
    if (perUser === undefined) return undefined
    const { users } = this.#slice
    this.#perUser ??= readColumn(this.#slice.region, perUser, this.#blobs, (head, body) => {
      return readInts(head, body, users).all()
    })
    return this.#perUser
  }
}

/** The dictionary of the project, and its codes per user or the slice's own. */
export class ProjectColumns implements SharedColumns {
  readonly #slice: Within
  readonly #property: SliceProperty
  readonly #table: SharedTable
  readonly #own: OwnColumns
  #perUser: Uint32Array | undefined

  constructor(
    slice: Within,
    parts: { readonly property: SliceProperty; readonly blobs: Blobs; readonly table: SharedTable },
  ) {
    this.#slice = slice
    this.#property = parts.property
    this.#table = parts.table
    this.#own = new OwnColumns(slice, parts.property, parts.blobs)
  }

  get dictionary(): readonly Value[] {
    return this.#table.dictionary
  }

  get perUser(): Uint32Array | undefined {
    if (!this.#property.sharedPerUser) return this.#own.perUser
    const all = this.#table.perUser
    if (all === undefined) return undefined
    if (this.#perUser === undefined) {
      const ordinals = this.#slice.userOrdinals
      const codes = new Uint32Array(ordinals.length)
      for (let user = 0; user < codes.length; user++) codes[user] = all[ordinals[user]]
      this.#perUser = codes
    }
    return this.#perUser
  }
}
