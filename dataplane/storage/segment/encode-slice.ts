/**
 * Writes one slice as a region: rows sorted, split in stripes, every column encoded and placed.
 *
 * Does not: join slices of one day (`encode.ts`), or choose encodings (`codec/`, `per-user.ts`).
 */
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { dayMs } from '../../schema/event.ts'
import { writeAscending } from '../codec/ascending.ts'
import { writeBuckets } from './bucket-digests.ts'
import { buildColumn, type Column, placeColumn, writeColumnRef } from './column.ts'
import type { SliceRows } from './contract.ts'
import { type EncodeLimits, ownPerUserFlag, sharedDictionaryFlag, sharedPerUserFlag } from './layout.ts'
import type { NameTable } from './name-table.ts'
import { unusedUser } from './project-users.ts'
import { RegionWriter } from './region.ts'
import { encodeProperties, type SharedForSlice, type SlicePropertyDraft } from './slice-properties.ts'
import { type StripeDraft, splitSlice } from './stripe-draft.ts'

export interface SegmentNames {
  readonly events: NameTable
  readonly properties: NameTable
}

/** What a slice needs to know of its project and segment. */
export interface SliceEncoding {
  /** The project's ordinal of each user of the slice, `unusedUser` for those without rows. */
  readonly ordinals: Uint32Array
  readonly names: SegmentNames
  readonly limits: EncodeLimits
  /** Four words per row (`row-hashes.ts`). */
  readonly hashes: Uint32Array
  /** The project's dictionary of a property; `sliceUsers`: ordinals of the slice's users. */
  readonly shared: (name: string, sliceUsers: Uint32Array) => SharedForSlice | undefined
}

export interface EncodedSlice {
  /** Per row in stored order: its row number in the input. */
  readonly order: Uint32Array
  readonly bytes: Uint8Array
  readonly headLength: number
  readonly minTime: number
  readonly maxTime: number
  /** Properties of which it uses the project's codes per user. */
  readonly sharedPerUser: readonly string[]
}

/** The head of the slice in work. */
const headBytes = new ByteWriter()

export function encodeSlice(slice: SliceRows, encoding: SliceEncoding): EncodedSlice {
  const { ordinals, names } = encoding
  const { tightRowsMax, stripeRowsMin, packBytesMin } = encoding.limits
  const style = { tight: slice.rows <= tightRowsMax, packBytesMin }
  const sliceUsers = ordinals.filter((ordinal) => ordinal !== unusedUser).sort()
  const rankOf = new Map<number, number>()
  sliceUsers.forEach((ordinal, rank) => {
    rankOf.set(ordinal, rank)
  })
  const userRank = ordinals.map((ordinal) => rankOf.get(ordinal) ?? 0)
  const split = splitSlice(slice, { userRank, sliceUsers: sliceUsers.length }, { style, stripeRowsMin })
  const properties = encodeProperties(slice, split, {
    names: names.properties,
    users: sliceUsers.length,
    style,
    shared: (name) => encoding.shared(name, sliceUsers),
  })
  const region = new RegionWriter(style.tight)
  const users = buildColumn(style, (sink) => writeAscending(sliceUsers, sink))
  const buckets = buildColumn(style, (sink) => writeBuckets(slice, encoding.hashes, sink))
  const head = headBytes
  head.reset()
  head.varint(slice.rows)
  head.varint(sliceUsers.length)
  writeColumnRef(head, users, placeColumn(users, region))
  const insertIds = placeHot(head, region, { properties, stripes: split.stripes })
  writeColumnRef(head, buckets, placeColumn(buckets, region))
  writeStripes(head, { stripes: split.stripes, events: names.events, blobs: insertIds })
  const sharedPerUser = properties.flatMap((property) => (property.sharedPerUser ? [property.label] : []))
  return { ...region.finish(head.finish()), ...extremes(slice.day, split.stripes), order: split.order, sharedPerUser }
}

function extremes(day: number, stripes: readonly StripeDraft[]): { minTime: number; maxTime: number } {
  const start = day * dayMs
  return {
    minTime: start + stripes.reduce((least, stripe) => Math.min(least, stripe.minTime), dayMs),
    maxTime: start + stripes.reduce((most, stripe) => Math.max(most, stripe.maxTime), 0),
  }
}

/** Blobs of the columns that every stripe has, by stripe. */
interface StripeBlobs {
  readonly users: readonly number[]
  readonly times: readonly number[]
  readonly masked: readonly number[]
  readonly insertIds: readonly number[]
}

/**
 * Places all blobs, column by column over the stripes, insert ids last, and describes the properties:
 * a query over all events reads one column of all stripes in one range.
 */
function placeHot(
  head: ByteWriter,
  region: RegionWriter,
  slice: { readonly properties: readonly SlicePropertyDraft[]; readonly stripes: readonly StripeDraft[] },
): StripeBlobs {
  const { properties, stripes } = slice
  const place = (column: Column | undefined) => (column === undefined ? -1 : placeColumn(column, region))
  const users = stripes.map((stripe) => place(stripe.columns.users))
  const times = stripes.map((stripe) => place(stripe.columns.times))
  const masked = stripes.map((stripe) => place(stripe.columns.masked))
  head.varint(properties.length)
  // Properties of stripes ascend, so one cursor per stripe finds them all.
  const next = new Uint32Array(stripes.length)
  let name = 0
  properties.forEach((property, index) => {
    head.varint(property.name - name)
    name = property.name + 1
    const { dictionary, perUser, sharedPerUser } = property
    const flags =
      (perUser === undefined ? 0 : ownPerUserFlag) |
      (dictionary === undefined ? sharedDictionaryFlag : 0) |
      (sharedPerUser ? sharedPerUserFlag : 0)
    head.u8(flags)
    if (dictionary !== undefined) writeColumnRef(head, dictionary, place(dictionary))
    if (perUser !== undefined) writeColumnRef(head, perUser, place(perUser))
    stripes.forEach((stripe, i) => {
      const column = stripe.properties[next[i]]
      if (column?.index !== index) return
      column.blob = place(column.column)
      next[i]++
    })
  })
  return { users, times, masked, insertIds: stripes.map((stripe) => place(stripe.columns.insertIds)) }
}

/** The property sets of stripes, the directory of stripes, then their descriptions. */
function writeStripes(
  head: ByteWriter,
  slice: { readonly stripes: readonly StripeDraft[]; readonly events: NameTable; readonly blobs: StripeBlobs },
): void {
  const { stripes, events, blobs } = slice
  const setOf = writePropertySets(head, stripes)
  const descriptions = stripes.map((stripe, i) => describeStripe(stripe, i, blobs))
  head.varint(stripes.length)
  stripes.forEach((stripe, i) => {
    head.varint(stripe.names.length)
    let before = 0
    let row = 0
    stripe.names.forEach((name, k) => {
      const code = events.code(name)
      head.varint(code - before)
      before = code + 1
      head.varint(stripe.eventEnds[k] - row)
      row = stripe.eventEnds[k]
    })
    head.varint(stripe.maskedRows)
    head.varint(stripe.minTime)
    head.varint(stripe.maxTime - stripe.minTime)
    head.varint(setOf[i])
    head.varint(descriptions[i].length)
  })
  for (const description of descriptions) head.bytes(description)
}

/** Writes the distinct sets of properties and answers which one each stripe has. */
function writePropertySets(head: ByteWriter, stripes: readonly StripeDraft[]): number[] {
  const known = new Map<string, number>()
  const sets: number[][] = []
  const setOf = stripes.map(({ properties }) => {
    const set = properties.map(({ index }) => index)
    const key = set.join()
    const number = known.get(key) ?? sets.push(set) - 1
    known.set(key, number)
    return number
  })
  head.varint(sets.length)
  for (const set of sets) {
    head.varint(set.length)
    let next = 0
    for (const index of set) {
      head.varint(index - next)
      next = index + 1
    }
  }
  return setOf
}

const description = new ByteWriter()

function describeStripe(stripe: StripeDraft, i: number, blobs: StripeBlobs): Uint8Array {
  const out = description
  out.reset()
  const { users, times, masked, insertIds } = stripe.columns
  writeColumnRef(out, users, blobs.users[i])
  writeColumnRef(out, times, blobs.times[i])
  writeColumnRef(out, insertIds, blobs.insertIds[i])
  if (masked !== undefined) writeColumnRef(out, masked, blobs.masked[i])
  for (const { column, blob } of stripe.properties) writeColumnRef(out, column, blob)
  return out.finish()
}
