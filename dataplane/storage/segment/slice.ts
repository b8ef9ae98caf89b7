/**
 * A slice as a reader sees it: stripes, the users and the dictionaries that they share.
 *
 * Slice-wide columns (users, dictionaries, codes per user) are read when first needed and kept with
 * the slice; columns of stripes are kept by the stripes alone.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { dayMs } from '../../schema/event.ts'
import type { Value } from '../../schema/value.ts'
import { readAscending } from '../codec/ascending.ts'
import { readInts } from '../codec/ints-reader.ts'
import { type ColumnRef, readColumn, readColumnRef } from './column.ts'
import type { ByteSource, Slice, SliceEntry, Stripe, StripeEntry, StripeWant } from './contract.ts'
import { readDictionary } from './property-dictionary.ts'
import { type Blobs, Region } from './region.ts'
import { LoadedStripe } from './stripe.ts'
import { parseStripe, type StripeRefs } from './stripe-entry.ts'

export interface SliceContext {
  /** As in `RegionRange`. */
  readonly headLength: number
  readonly projectUsers: number
  readonly eventNames: readonly string[]
  readonly propertyNames: readonly string[]
}

/** Reads the head of a slice, and all of it when it is small. */
export async function openSlice(source: ByteSource, entry: SliceEntry, context: SliceContext): Promise<OpenSlice> {
  const { start, end } = entry
  const region = await Region.open(source, { start, end, headLength: context.headLength })
  const head = region.reader()
  const rows = head.varint('rows of a slice')
  if (rows !== entry.rows) head.fail('rows of a slice', rows, entry.rows)
  const users = head.varintMax(Math.min(rows, context.projectUsers), 'users of a slice')
  const userRef = readColumnRef(head, region.blobs)
  const blobs = await region.fetch(userRef.blob < 0 ? [] : [userRef.blob])
  const ordinals = readColumn(region, userRef, blobs, (description, body) =>
    readAscending(description, body, users, context.projectUsers),
  )
  return new OpenSlice({ entry, region, ordinals, userRef, context }, head)
}

/** What stripes share of a property. */
export interface SliceProperty {
  readonly name: string
  readonly index: number
  readonly dictionaryRef: ColumnRef
  readonly perUserRef: ColumnRef | undefined
}

/** Columns of a property that were read. */
export interface SharedColumns {
  readonly dictionary: readonly Value[]
  readonly perUser: Uint32Array | undefined
}

interface Opened {
  readonly entry: SliceEntry
  readonly region: Region
  readonly ordinals: Uint32Array
  readonly userRef: ColumnRef
  readonly context: SliceContext
}

export class OpenSlice implements Slice {
  readonly entry: SliceEntry
  readonly userOrdinals: Uint32Array
  readonly stripes: readonly StripeRefs[]
  readonly region: Region
  /** Where the ordinals are, for `inspect`. */
  readonly userRef: ColumnRef
  readonly properties: ReadonlyMap<string, SliceProperty>
  /** First instant of the slice. */
  readonly start: number
  readonly #shared = new Map<number, Shared>()

  constructor(opened: Opened, head: ByteReader) {
    const { entry, region, ordinals, userRef, context } = opened
    this.entry = entry
    this.region = region
    this.userOrdinals = ordinals
    this.userRef = userRef
    this.start = entry.day * dayMs
    const properties = readProperties(head, region, context.propertyNames)
    this.properties = new Map(properties.map((property) => [property.name, property]))
    this.stripes = readStripes(head, { region, entry, names: context.eventNames, properties, start: this.start })
  }

  async load(stripe: StripeEntry, want: StripeWant): Promise<Stripe> {
    return (await this.loadAll([stripe], want))[0]
  }

  async loadAll(stripes: readonly StripeEntry[], want: StripeWant): Promise<Stripe[]> {
    const blobs = new Set<number>()
    const wanted = new Map<number, SliceProperty>()
    const add = (ref: ColumnRef | undefined) => {
      if (ref !== undefined && ref.blob >= 0) blobs.add(ref.blob)
    }
    for (const { index } of stripes) {
      const stripe = this.stripes[index]
      const columns = stripe.columns
      add(columns.masked)
      if (want.times) add(columns.times)
      if (want.insertIds) add(columns.insertIds)
      let users = want.users === true
      for (const name of want.properties ?? []) {
        const property = this.properties.get(name)
        const column = property === undefined ? undefined : stripe.property(property.index)
        if (property === undefined || column === undefined) continue
        add(column.ref)
        users ||= column.byUser
        wanted.set(property.index, property)
      }
      if (users) add(columns.users)
    }
    for (const property of wanted.values()) {
      if (this.#shared.has(property.index)) continue
      add(property.dictionaryRef)
      add(property.perUserRef)
    }
    const read = await this.region.fetch(blobs)
    for (const property of wanted.values()) {
      if (!this.#shared.has(property.index)) this.#shared.set(property.index, new Shared(this, property, read))
    }
    return stripes.map(({ index }) => new LoadedStripe(this, this.stripes[index], want, read))
  }

  /** What the stripes share of a property that was loaded. */
  shared(property: SliceProperty): SharedColumns {
    return this.#shared.get(property.index)!
  }
}

/** Decodes on use. */
class Shared implements SharedColumns {
  readonly #slice: OpenSlice
  readonly #property: SliceProperty
  readonly #blobs: Blobs
  #dictionary: readonly Value[] | undefined
  #perUser: Uint32Array | undefined

  constructor(slice: OpenSlice, property: SliceProperty, blobs: Blobs) {
    this.#slice = slice
    this.#property = property
    // Only its own blobs, so that it does not keep the columns of stripes alive.
    this.#blobs = new Map(
      [property.dictionaryRef.blob, property.perUserRef?.blob ?? -1]
        .filter((blob) => blob >= 0)
        .map((blob) => [blob, blobs.get(blob)!]),
    )
  }

  get dictionary(): readonly Value[] {
    this.#dictionary ??= readColumn(this.#slice.region, this.#property.dictionaryRef, this.#blobs, readDictionary)
    return this.#dictionary
  }

  get perUser(): Uint32Array | undefined {
    const ref = this.#property.perUserRef
    if (ref === undefined) return undefined
    const users = this.#slice.userOrdinals.length
    this.#perUser ??= readColumn(this.#slice.region, ref, this.#blobs, (head, body) =>
      readInts(head, body, users).all(),
    )
    return this.#perUser
  }
}

function readProperties(head: ByteReader, region: Region, names: readonly string[]): SliceProperty[] {
  const count = head.count(4, 'properties of a slice')
  const properties: SliceProperty[] = []
  let next = 0
  for (let index = 0; index < count; index++) {
    const code = next + head.varint('name of a property')
    if (code >= names.length) head.fail('name of a property', code, `below ${names.length}`)
    next = code + 1
    const dictionaryRef = readColumnRef(head, region.blobs)
    const perUserRef = head.varintMax(1, 'codes per user') === 1 ? readColumnRef(head, region.blobs) : undefined
    properties.push({ name: names[code], index, dictionaryRef, perUserRef })
  }
  return properties
}

function readStripes(
  head: ByteReader,
  context: {
    readonly region: Region
    readonly entry: SliceEntry
    readonly names: readonly string[]
    readonly properties: readonly SliceProperty[]
    readonly start: number
  },
): StripeRefs[] {
  const { region, entry } = context
  const count = head.count(7, 'stripes of a slice')
  const parsed = Array.from({ length: count }, (_, index) => parseStripe(head, index, context))
  let at = head.position
  const stripes = parsed.map((stripe) => {
    const end = at + stripe.descriptionLength
    if (end > region.head.length)
      head.fail('length of a description', stripe.descriptionLength, region.head.length - at)
    const refs = stripe.refs(region, at, end)
    at = end
    return refs
  })
  const rows = stripes.reduce((sum, stripe) => sum + stripe.rows, 0)
  if (rows !== entry.rows) head.fail('rows of all stripes', rows, entry.rows)
  const masked = stripes.reduce((sum, stripe) => sum + stripe.maskedRows, 0)
  if (masked !== entry.maskedRows) head.fail('masked rows of all stripes', masked, entry.maskedRows)
  return stripes
}
