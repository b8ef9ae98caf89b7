/**
 * What a slice's head says of a stripe: its names and rows, and where its columns are.
 *
 * The description is parsed when first asked for: a query for three names of two hundred does not
 * pay for the others. Property sets are written once per slice, since most stripes have the same.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { type ColumnRef, type ColumnRefs, columnRef, readColumnRefs } from './column.ts'
import type { SliceEntry, StripeEntry } from './contract.ts'
import { followsUsers, isByUser } from './property-column.ts'
import type { Region } from './region.ts'

/** Properties of a stripe, by their numbers in the slice. */
export interface PropertySet {
  readonly names: ReadonlySet<string>
  /** Place among the stripe's properties of each property of the slice, -1 where it has none. */
  readonly places: Int32Array
}

export function readPropertySets(head: ByteReader, properties: readonly { readonly name: string }[]): PropertySet[] {
  const sets: PropertySet[] = []
  const count = head.count(1, 'property sets of a slice')
  for (let i = 0; i < count; i++) {
    const names = new Set<string>()
    const places = new Int32Array(properties.length).fill(-1)
    const size = head.count(1, 'properties of a set')
    let next = 0
    for (let place = 0; place < size; place++) {
      const index = next + head.varint('property of a set')
      if (index >= properties.length) head.fail('property of a set', index, `below ${properties.length}`)
      next = index + 1
      names.add(properties[index].name)
      places[index] = place
    }
    sets.push({ names, places })
  }
  return sets
}

/** Columns that every stripe has, in the order of its description; masks only where some row is masked. */
const usersColumn = 0
const timesColumn = 1
const insertIdsColumn = 2
const maskedColumn = 3

export class StripeRefs implements StripeEntry {
  readonly index: number
  readonly events: readonly string[]
  readonly eventEnds: Uint32Array
  readonly rows: number
  readonly maskedRows: number
  readonly minTime: number
  readonly maxTime: number
  readonly #set: PropertySet
  readonly #region: Region
  readonly #from: number
  readonly #to: number
  #refs: ColumnRefs | undefined

  constructor(facts: StripeFacts, region: Region, from: number) {
    this.index = facts.index
    this.events = facts.events
    this.eventEnds = facts.eventEnds
    this.rows = facts.rows
    this.maskedRows = facts.maskedRows
    this.minTime = facts.minTime
    this.maxTime = facts.maxTime
    this.#set = facts.set
    this.#region = region
    this.#from = from
    this.#to = from + facts.descriptionLength
  }

  get properties(): ReadonlySet<string> {
    return this.#set.names
  }

  get users(): ColumnRef {
    return columnRef(this.#columns(), usersColumn)
  }

  get times(): ColumnRef {
    return columnRef(this.#columns(), timesColumn)
  }

  get insertIds(): ColumnRef {
    return columnRef(this.#columns(), insertIdsColumn)
  }

  get masked(): ColumnRef | undefined {
    return this.maskedRows === 0 ? undefined : columnRef(this.#columns(), maskedColumn)
  }

  /** The column of the slice's property `index`, where the stripe has it. */
  property(index: number): ColumnRef | undefined {
    const place = this.#set.places[index]
    return place < 0 ? undefined : columnRef(this.#columns(), this.#firstProperty + place)
  }

  /** Whether a property's column is stored by user: reading it takes the users too. */
  isByUser({ start, end }: ColumnRef): boolean {
    return end > start && isByUser(this.#region.head[start])
  }

  /** Whether it is so without exceptions and without numbers. */
  followsUsers({ start, end }: ColumnRef): boolean {
    return end > start + 1 && followsUsers(this.#region.head[start]!, this.#region.head[start + 1]!)
  }

  get #firstProperty(): number {
    return this.maskedRows === 0 ? maskedColumn : maskedColumn + 1
  }

  #columns(): ColumnRefs {
    if (this.#refs === undefined) {
      const reader = this.#region.reader(this.#from, this.#to)
      this.#refs = readColumnRefs(reader, this.#firstProperty + this.#set.names.size, this.#region.blobs)
      reader.expectEnd('end of a stripe')
    }
    return this.#refs
  }
}

/** A stripe's line of the directory. */
export interface StripeFacts extends Omit<StripeEntry, 'properties'> {
  readonly set: PropertySet
  readonly descriptionLength: number
}

/** Parses a stripe's line of the directory; its description follows later. */
export function readStripeFacts(
  head: ByteReader,
  index: number,
  context: {
    readonly names: readonly string[]
    readonly sets: readonly PropertySet[]
    readonly entry: SliceEntry
    /** First instant of the slice. */
    readonly start: number
  },
): StripeFacts {
  const { names, sets, entry, start } = context
  const count = head.count(2, 'names of a stripe')
  if (count === 0) head.fail('names of a stripe', 0, 'at least 1')
  const events: string[] = []
  const eventEnds = new Uint32Array(count)
  let next = 0
  let rows = 0
  for (let i = 0; i < count; i++) {
    const code = next + head.varint('name of an event')
    if (code >= names.length) head.fail('name of an event', code, `below ${names.length}`)
    next = code + 1
    events.push(names[code])
    rows += head.varintMax(entry.rows - rows, 'rows of an event')
    eventEnds[i] = rows
  }
  const maskedRows = head.varintMax(rows, 'masked rows of a stripe')
  const minTime = start + head.varintMax(entry.maxTime - start, 'smallest time of a stripe')
  const maxTime = minTime + head.varintMax(entry.maxTime - minTime, 'largest time of a stripe')
  const set = head.varint('property set of a stripe')
  if (set >= sets.length) head.fail('property set of a stripe', set, `below ${sets.length}`)
  const descriptionLength = head.varint('length of a description')
  return { index, events, eventEnds, rows, maskedRows, minTime, maxTime, set: sets[set], descriptionLength }
}
