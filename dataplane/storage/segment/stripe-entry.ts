/**
 * What a slice's head says of a stripe: its names and rows, and where its columns are.
 *
 * The description is parsed when first asked for: a query for three names of two hundred does not
 * pay for the others.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { type ColumnRef, readColumnRef } from './column.ts'
import type { SliceEntry, StripeEntry } from './contract.ts'
import { isByUser } from './property-column.ts'
import type { Region } from './region.ts'

/** Columns that every stripe has. */
export interface StripeColumns {
  readonly users: ColumnRef
  readonly times: ColumnRef
  readonly masked: ColumnRef | undefined
  readonly insertIds: ColumnRef
}

export interface PropertyRef {
  readonly ref: ColumnRef
  /** Stored by user: reading it takes the users too. */
  readonly byUser: boolean
}

interface Names {
  readonly names: readonly string[]
  readonly properties: readonly { readonly name: string }[]
  readonly entry: SliceEntry
  readonly start: number
}

/** Parses a stripe's line of the directory; its description follows later. */
export function parseStripe(head: ByteReader, index: number, context: Names) {
  const { names, entry, start } = context
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
  const descriptionLength = head.varint('length of a description')
  const facts = { index, events, eventEnds, rows, maskedRows, minTime, maxTime }
  return {
    descriptionLength,
    refs: (region: Region, from: number, to: number) => new StripeRefs(facts, context.properties, region, from, to),
  }
}

type Facts = Omit<StripeEntry, 'properties'>

export class StripeRefs implements StripeEntry {
  readonly index: number
  readonly events: readonly string[]
  readonly eventEnds: Uint32Array
  readonly rows: number
  readonly maskedRows: number
  readonly minTime: number
  readonly maxTime: number
  readonly #sliceProperties: readonly { readonly name: string }[]
  readonly #region: Region
  readonly #from: number
  readonly #to: number
  #parsed: { columns: StripeColumns; properties: Map<number, PropertyRef>; names: Set<string> } | undefined

  constructor(
    facts: Facts,
    properties: readonly { readonly name: string }[],
    region: Region,
    from: number,
    to: number,
  ) {
    this.index = facts.index
    this.events = facts.events
    this.eventEnds = facts.eventEnds
    this.rows = facts.rows
    this.maskedRows = facts.maskedRows
    this.minTime = facts.minTime
    this.maxTime = facts.maxTime
    this.#sliceProperties = properties
    this.#region = region
    this.#from = from
    this.#to = to
  }

  get properties(): ReadonlySet<string> {
    return this.#description().names
  }

  get columns(): StripeColumns {
    return this.#description().columns
  }

  /** The column of the slice's property `index`, where the stripe has it. */
  property(index: number): PropertyRef | undefined {
    return this.#description().properties.get(index)
  }

  #description() {
    this.#parsed ??= this.#parse()
    return this.#parsed
  }

  #parse() {
    const reader = this.#region.reader(this.#from, this.#to)
    const { blobs } = this.#region
    const columns = {
      users: readColumnRef(reader, blobs),
      times: readColumnRef(reader, blobs),
      masked: this.maskedRows > 0 ? readColumnRef(reader, blobs) : undefined,
      insertIds: readColumnRef(reader, blobs),
    }
    const properties = new Map<number, PropertyRef>()
    const names = new Set<string>()
    const count = reader.count(3, 'properties of a stripe')
    let next = 0
    for (let i = 0; i < count; i++) {
      const index = next + reader.varint('property of a stripe')
      if (index >= this.#sliceProperties.length) {
        reader.fail('property of a stripe', index, `below ${this.#sliceProperties.length}`)
      }
      next = index + 1
      const ref = readColumnRef(reader, blobs)
      properties.set(index, { ref, byUser: ref.end > ref.start && isByUser(reader.bytes[ref.start]) })
      names.add(this.#sliceProperties[index].name)
    }
    reader.expectEnd('end of a stripe')
    return { columns, properties, names }
  }
}
