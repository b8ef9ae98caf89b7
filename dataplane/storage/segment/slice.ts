/**
 * A slice as a reader sees it: stripes, the users and the properties that they share.
 *
 * Slice-wide columns (dictionaries, codes per user) are read when first needed and kept with the
 * slice; columns of stripes are kept by the stripes alone.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { dayMs } from '../../schema/event.ts'
import { Arena } from '../codec/arena.ts'
import { readAscending } from '../codec/ascending.ts'
import { readBuckets } from './bucket-digests.ts'
import { type ColumnRef, readColumn, readColumnRef } from './column.ts'
import type { ByteSource, ReadMeter, Slice, SliceEntry, Stripe, StripeEntry, StripeWant } from './contract.ts'
import type { Digest } from './digest.ts'
import type { ProjectTables } from './project-tables.ts'
import { type Blobs, Region } from './region.ts'
import {
  OwnColumns,
  ProjectColumns,
  readSliceProperties,
  type SharedColumns,
  type SliceProperty,
} from './slice-property.ts'
import { LoadedStripe } from './stripe.ts'
import { readPropertySets, readStripeFacts, StripeRefs } from './stripe-entry.ts'

export interface SliceContext {
  /** As in `RegionRange`. */
  readonly headLength: number
  readonly projectUsers: number
  readonly eventNames: readonly string[]
  readonly propertyNames: readonly string[]
  /** Tables of the slice's project. */
  readonly tables: (meter?: ReadMeter) => Promise<ProjectTables>
  /** Of the slice, from the footer. */
  readonly digest: Digest
  readonly meter?: ReadMeter
  /** As in `SliceReading`. */
  readonly usersLater: boolean
}

/** Where the columns of the slice itself are. */
export interface SliceRefs {
  readonly users: ColumnRef
  readonly buckets: ColumnRef
}

/** Reads the head of a slice, and all of it when it is small. */
export async function openSlice(source: ByteSource, entry: SliceEntry, context: SliceContext): Promise<OpenSlice> {
  const { start, end } = entry
  const region = await Region.open(source, { start, end, headLength: context.headLength }, context.meter)
  const head = region.reader()
  const rows = head.varint('rows of a slice')
  if (rows !== entry.rows) head.fail('rows of a slice', rows, entry.rows)
  const users = head.varintMax(Math.min(rows, context.projectUsers), 'users of a slice')
  const userRef = readColumnRef(head, region.blobs)
  const properties = readSliceProperties(head, region, context.propertyNames)
  const refs = { users: userRef, buckets: readColumnRef(head, region.blobs) }
  const stripes = readStripes(head, region, { entry, names: context.eventNames, properties })
  const isEarly = userRef.blob >= 0 && (region.tight || !context.usersLater)
  const userBlobs = await region.fetch(isEarly ? [userRef.blob] : [], context.meter)
  return new OpenSlice({ entry, region, refs, users, userBlobs, properties, stripes, context })
}

interface Opened {
  readonly entry: SliceEntry
  readonly region: Region
  readonly refs: SliceRefs
  readonly users: number
  readonly userBlobs: Blobs
  readonly properties: readonly SliceProperty[]
  readonly stripes: readonly StripeRefs[]
  readonly context: SliceContext
}

export class OpenSlice implements Slice {
  readonly entry: SliceEntry
  /** Users of the slice. */
  readonly users: number
  readonly stripes: readonly StripeRefs[]
  readonly region: Region
  readonly refs: SliceRefs
  readonly properties: ReadonlyMap<string, SliceProperty>
  /** First instant of the slice. */
  readonly start: number
  /** Memory for what its stripes decode. */
  readonly arena = new Arena()
  readonly #context: SliceContext
  #userBlobs: Blobs
  #ordinals: Uint32Array | undefined
  readonly #shared = new Map<number, SharedColumns>()

  constructor(opened: Opened) {
    this.entry = opened.entry
    this.region = opened.region
    this.refs = opened.refs
    this.users = opened.users
    this.#userBlobs = opened.userBlobs
    this.stripes = opened.stripes
    this.properties = new Map(opened.properties.map((property) => [property.name, property]))
    this.start = opened.entry.day * dayMs
    this.#context = opened.context
  }

  /** Decoded on use: what counts within the slice alone does not ask for it. Read with the first stripes, if later. */
  get userOrdinals(): Uint32Array {
    this.#ordinals ??= readColumn(this.region, this.refs.users, this.#userBlobs, (head, body) => {
      return readAscending(head, body, this.users, this.#context.projectUsers)
    })
    return this.#ordinals
  }

  async load(stripe: StripeEntry, want: StripeWant, meter?: ReadMeter): Promise<Stripe> {
    return (await this.loadAll([stripe], want, meter))[0]
  }

  async loadAll(stripes: readonly StripeEntry[], want: StripeWant, meter?: ReadMeter): Promise<Stripe[]> {
    const needs = new Needs()
    for (const { index } of stripes) this.#addStripe(this.stripes[index], want, needs)
    for (const property of needs.properties) {
      if (this.#shared.has(property.index)) continue
      needs.add(property.dictionary)
      needs.add(property.perUser)
    }
    const { users } = this.refs
    if (!this.#userBlobs.has(users.blob)) needs.add(users)
    const read = await this.region.fetch(needs.blobs, meter)
    if (read.has(users.blob)) this.#userBlobs = read
    for (const property of needs.properties) {
      if (!this.#shared.has(property.index)) this.#shared.set(property.index, await this.#share(property, read, meter))
    }
    return stripes.map(({ index }) => new LoadedStripe(this, this.stripes[index], want, read))
  }

  followsUsers({ index }: StripeEntry, name: string): boolean {
    const property = this.properties.get(name)
    const stripe = this.stripes[index]!
    const column = property === undefined ? undefined : stripe.property(property.index)
    return column === undefined || stripe.followsUsers(column)
  }

  /** What the stripes share of a property that was loaded. */
  shared(property: SliceProperty): SharedColumns {
    return this.#shared.get(property.index)!
  }

  /** Digests by the top bits of `h` (`bucket-digests.ts`). */
  async bucketDigests(meter?: ReadMeter): Promise<Digest[]> {
    const { buckets } = this.refs
    const blobs = await this.region.fetch(buckets.blob < 0 ? [] : [buckets.blob], meter)
    return readColumn(this.region, buckets, blobs, (head, body) => readBuckets(head, body, this.#context.digest))
  }

  release(): void {
    this.arena.release()
  }

  #addStripe(stripe: StripeRefs, want: StripeWant, needs: Needs): void {
    if (want.masks?.(stripe) ?? true) needs.add(stripe.masked)
    if (want.times) needs.add(stripe.times)
    if (want.insertIds) needs.add(stripe.insertIds)
    let users = want.users === true
    for (const name of want.properties ?? []) {
      const property = this.properties.get(name)
      const column = property === undefined ? undefined : stripe.property(property.index)
      if (property === undefined || column === undefined) continue
      needs.add(column)
      needs.properties.add(property)
      users ||= stripe.isByUser(column)
    }
    if (users) needs.add(stripe.users)
  }

  async #share(property: SliceProperty, blobs: Blobs, meter: ReadMeter | undefined): Promise<SharedColumns> {
    if (!property.sharedDictionary && !property.sharedPerUser) return new OwnColumns(this, property, blobs)
    const tables = await this.#context.tables(meter)
    return new ProjectColumns(this, { property, blobs, table: await tables.property(property.name, meter) })
  }
}

/** What a load has to read. */
class Needs {
  readonly blobs = new Set<number>()
  readonly properties = new Set<SliceProperty>()

  add(ref: ColumnRef | undefined): void {
    if (ref !== undefined && ref.blob >= 0) this.blobs.add(ref.blob)
  }
}

function readStripes(
  head: ByteReader,
  region: Region,
  context: {
    readonly entry: SliceEntry
    readonly names: readonly string[]
    readonly properties: readonly SliceProperty[]
  },
): StripeRefs[] {
  const { entry, names } = context
  const sets = readPropertySets(head, context.properties)
  const within = { names, sets, entry, start: entry.day * dayMs }
  const count = head.count(8, 'stripes of a slice')
  const facts = Array.from({ length: count }, (_, index) => readStripeFacts(head, index, within))
  let at = head.position
  let rows = 0
  let masked = 0
  const stripes = facts.map((stripe) => {
    const from = at
    at += stripe.descriptionLength
    rows += stripe.rows
    masked += stripe.maskedRows
    if (at > head.end) head.fail('length of a description', stripe.descriptionLength, head.end - from)
    return new StripeRefs(stripe, region, from)
  })
  if (rows !== entry.rows) head.fail('rows of all stripes', rows, entry.rows)
  if (masked !== entry.maskedRows) head.fail('masked rows of all stripes', masked, entry.maskedRows)
  return stripes
}
