/**
 * Writes one slice as a region: rows sorted, split in stripes, every column encoded.
 *
 * Does not: join slices of one day (`encode.ts`), or choose encodings (`codec/`, `per-user.ts`).
 */

import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { dayMs } from '../../schema/event.ts'
import { writeAscending } from '../codec/ascending.ts'
import { writeInts } from '../codec/ints.ts'
import { buildColumn, type Column, placeColumn, writeColumnRef } from './column.ts'
import type { SliceRows } from './contract.ts'
import { writeInsertIds } from './insert-ids.ts'
import { stripeRowsMin, tightRowsMax } from './layout.ts'
import { writeMasked } from './masked-rows.ts'
import type { NameTable } from './name-table.ts'
import { sortRows } from './order.ts'
import { choosePerUser } from './per-user.ts'
import { writeProperty } from './property-column.ts'
import { sortDictionary, writeDictionary } from './property-dictionary.ts'
import { type RowPlaces, spreadProperty } from './property-rows.ts'
import { RegionWriter } from './region.ts'
import { writeTimes } from './time-column.ts'
import { writeUserRuns } from './user-runs.ts'
import { unusedUser } from './user-table.ts'

export interface SliceNames {
  readonly events: NameTable
  readonly properties: NameTable
}

/** A stripe on its way: which rows, and its columns as they get done. */
interface StripeDraft {
  readonly first: number
  readonly rows: number
  /** Names in order, with the row after the last of each. */
  readonly names: readonly string[]
  readonly eventEnds: Uint32Array
  /** Arrival numbers of its rows. */
  readonly arrival: Uint32Array
  /** Slice user per row. */
  readonly users: Uint32Array
  readonly masked: Uint32Array
  readonly minTime: number
  readonly maxTime: number
  readonly columns: { users: Column; times: Column; masked: Column | undefined; insertIds: Column }
  readonly properties: { readonly index: number; readonly column: Column }[]
}

/** A property of the slice: what its stripes share. */
interface PropertyDraft {
  readonly name: number
  readonly dictionary: Column
  readonly perUser: Column | undefined
}

export interface EncodedSlice {
  /** Per row in stored order: its row number in the input. */
  readonly order: Uint32Array
  readonly bytes: Uint8Array
  readonly headLength: number
  readonly minTime: number
  readonly maxTime: number
}

/** `ordinals`: the project's ordinal of each user of `slice`, `unusedUser` for those without rows. */
export function encodeSlice(slice: SliceRows, ordinals: Uint32Array, names: SliceNames): EncodedSlice {
  const tight = slice.rows <= tightRowsMax
  const sliceUsers = ordinals.filter((ordinal) => ordinal !== unusedUser).sort()
  const rankOf = new Map<number, number>()
  sliceUsers.forEach((ordinal, rank) => {
    rankOf.set(ordinal, rank)
  })
  const userRank = ordinals.map((ordinal) => rankOf.get(ordinal) ?? 0)
  const { stripes, places, order } = splitStripes(slice, userRank, sliceUsers.length, tight)
  const properties = encodeProperties(slice, { stripes, places, names, users: sliceUsers.length, tight })
  const region = new RegionWriter(tight)
  const head = new ByteWriter()
  head.varint(slice.rows)
  head.varint(sliceUsers.length)
  const users = buildColumn(tight, (sink) => writeAscending(sliceUsers, sink))
  writeColumnRef(head, users, placeColumn(users, region))
  writeStripes({ head, region, stripes, properties, names, tight, day: slice.day })
  return { ...region.finish(head.finish()), ...extremes(stripes), order }
}

function extremes(stripes: readonly StripeDraft[]): { minTime: number; maxTime: number } {
  return {
    minTime: stripes.reduce((least, stripe) => Math.min(least, stripe.minTime), Infinity),
    maxTime: stripes.reduce((most, stripe) => Math.max(most, stripe.maxTime), -Infinity),
  }
}

/** The slice's names in the order of its stripes, and how many of them have a stripe of their own. */
function stripeOrder(slice: SliceRows): {
  readonly order: readonly number[]
  readonly own: number
  readonly counts: Uint32Array
} {
  const counts = new Uint32Array(slice.eventNames.length)
  for (let row = 0; row < slice.rows; row++) counts[slice.event[row]]++
  const used = Array.from(counts.keys()).filter((name) => counts[name] > 0)
  used.sort((a, b) => compareUtf8(slice.eventNames[a], slice.eventNames[b]))
  const own = used.filter((name) => counts[name] >= stripeRowsMin)
  const rest = used.filter((name) => counts[name] < stripeRowsMin)
  return { order: [...own, ...rest], own: own.length, counts }
}

function splitStripes(
  slice: SliceRows,
  userRank: Uint32Array,
  sliceUsers: number,
  tight: boolean,
): { stripes: StripeDraft[]; places: RowPlaces; order: Uint32Array } {
  const { order, own, counts } = stripeOrder(slice)
  const rankOf = new Uint32Array(slice.eventNames.length)
  order.forEach((name, rank) => {
    rankOf[name] = rank
  })
  const event = slice.event.map((name) => rankOf[name])
  const user = slice.user.map((local) => userRank[local])
  const start = slice.day * dayMs
  const time = Uint32Array.from(slice.time, (ms) => ms - start)
  const arrival = sortRows({ rows: slice.rows, event, user, time })
  const stripeCount = own + (order.length > own ? 1 : 0)
  const stripes: StripeDraft[] = []
  const stripeStart = new Uint32Array(stripeCount + 1)
  let first = 0
  for (let i = 0; i < stripeCount; i++) {
    const ranks = i < own ? [i] : Array.from({ length: order.length - own }, (_, k) => own + k)
    let rows = 0
    const eventEnds = Uint32Array.from(ranks, (rank) => {
      rows += counts[order[rank]]
      return rows
    })
    const names = ranks.map((rank) => slice.eventNames[order[rank]])
    const part = arrival.subarray(first, first + rows)
    stripes.push(draftStripe({ slice, first, rows, names, eventEnds, arrival: part, user, time, sliceUsers, tight }))
    first += rows
    stripeStart[i + 1] = first
  }
  const position = new Uint32Array(slice.rows)
  for (let at = 0; at < slice.rows; at++) position[arrival[at]] = at
  const stripe = event.map((rank) => Math.min(rank, own))
  return { stripes, places: { position, stripe, stripeStart }, order: arrival }
}

function draftStripe(input: {
  slice: SliceRows
  first: number
  rows: number
  names: string[]
  eventEnds: Uint32Array
  arrival: Uint32Array
  user: Uint32Array
  time: Uint32Array
  sliceUsers: number
  tight: boolean
}): StripeDraft {
  const { slice, arrival, eventEnds, tight } = input
  const users = arrival.map((row) => input.user[row])
  const times = arrival.map((row) => input.time[row])
  const masked = maskedRows(slice.masked, arrival)
  let min = 0xffffffff
  let max = 0
  for (let i = 0; i < times.length; i++) {
    if (times[i] < min) min = times[i]
    if (times[i] > max) max = times[i]
  }
  return {
    first: input.first,
    rows: input.rows,
    names: input.names,
    eventEnds,
    arrival,
    users,
    masked,
    minTime: slice.day * dayMs + min,
    maxTime: slice.day * dayMs + max,
    columns: {
      users: buildColumn(tight, (sink) => writeUserRuns(users, eventEnds, input.sliceUsers, sink)),
      times: buildColumn(tight, (sink) => writeTimes(times, sink)),
      masked: masked.length === 0 ? undefined : buildColumn(tight, (sink) => writeMasked(masked, input.rows, sink)),
      insertIds: buildColumn(tight, (sink) => writeInsertIds(slice.insertIds, arrival, sink)),
    },
    properties: [],
  }
}

/** Rows of the stripe (by position in it) that are masked. */
function maskedRows(masked: Uint32Array, arrival: Uint32Array): Uint32Array {
  const rows: number[] = []
  for (let i = 0; i < arrival.length; i++) {
    const row = arrival[i]
    if ((masked[row >>> 5] >>> (row & 31)) & 1) rows.push(i)
  }
  return Uint32Array.from(rows)
}

function encodeProperties(
  slice: SliceRows,
  context: { stripes: StripeDraft[]; places: RowPlaces; names: SliceNames; users: number; tight: boolean },
): PropertyDraft[] {
  const { stripes, places, names, users, tight } = context
  const usersOf = stripes.map((stripe) => stripe.users)
  const drafts: PropertyDraft[] = []
  const sorted = slice.properties.filter((property) => property.codes.length > 0)
  sorted.sort((a, b) => names.properties.code(a.name) - names.properties.code(b.name))
  sorted.forEach((property, index) => {
    const dictionary = sortDictionary(property)
    const present = spreadProperty(property, dictionary, places)
    const perUser = choosePerUser(present, usersOf, users)
    for (const part of present) {
      const column = buildColumn(tight, (sink) => writeProperty(part, usersOf[part.stripe], perUser, sink))
      stripes[part.stripe].properties.push({ index, column })
    }
    drafts.push({
      name: names.properties.code(property.name),
      dictionary: buildColumn(tight, (sink) => writeDictionary(dictionary, sink)),
      perUser: perUser === undefined ? undefined : buildColumn(tight, (sink) => writeInts(perUser, sink)),
    })
  })
  return drafts
}

/** Places all blobs, column by column over the stripes, and describes properties and stripes in the head. */
function writeStripes(input: {
  head: ByteWriter
  region: RegionWriter
  stripes: readonly StripeDraft[]
  properties: readonly PropertyDraft[]
  names: SliceNames
  tight: boolean
  day: number
}): void {
  const { head, region, stripes, properties, names, day } = input
  const place = (column: Column | undefined) => (column === undefined ? -1 : placeColumn(column, region))
  const users = stripes.map((stripe) => place(stripe.columns.users))
  const times = stripes.map((stripe) => place(stripe.columns.times))
  const masked = stripes.map((stripe) => place(stripe.columns.masked))
  const propertyBlobs = stripes.map((stripe) => new Array<number>(stripe.properties.length))
  head.varint(properties.length)
  let name = 0
  properties.forEach((property, index) => {
    head.varint(property.name - name)
    name = property.name + 1
    writeColumnRef(head, property.dictionary, place(property.dictionary))
    head.u8(property.perUser === undefined ? 0 : 1)
    if (property.perUser !== undefined) writeColumnRef(head, property.perUser, place(property.perUser))
    stripes.forEach((stripe, i) => {
      const at = stripe.properties.findIndex((column) => column.index === index)
      if (at >= 0) propertyBlobs[i][at] = place(stripe.properties[at].column)
    })
  })
  const insertIds = stripes.map((stripe) => place(stripe.columns.insertIds))
  const descriptions = stripes.map((stripe, i) => {
    const out = new ByteWriter()
    writeColumnRef(out, stripe.columns.users, users[i])
    writeColumnRef(out, stripe.columns.times, times[i])
    if (stripe.columns.masked !== undefined) writeColumnRef(out, stripe.columns.masked, masked[i])
    writeColumnRef(out, stripe.columns.insertIds, insertIds[i])
    out.varint(stripe.properties.length)
    let next = 0
    stripe.properties.forEach(({ index, column }, at) => {
      out.varint(index - next)
      next = index + 1
      writeColumnRef(out, column, propertyBlobs[i][at])
    })
    return out.finish()
  })
  head.varint(stripes.length)
  stripes.forEach((stripe, i) => {
    writeStripeEntry(head, stripe, names.events, day)
    head.varint(descriptions[i].length)
  })
  for (const description of descriptions) head.bytes(description)
}

/** Names (as differences of their ranks), rows of each, masked rows, times. */
function writeStripeEntry(head: ByteWriter, stripe: StripeDraft, events: NameTable, day: number): void {
  head.varint(stripe.names.length)
  let before = 0
  let row = 0
  stripe.names.forEach((name, i) => {
    const code = events.code(name)
    head.varint(code - before)
    before = code + 1
    head.varint(stripe.eventEnds[i] - row)
    row = stripe.eventEnds[i]
  })
  head.varint(stripe.masked.length)
  head.varint(stripe.minTime - day * dayMs)
  head.varint(stripe.maxTime - stripe.minTime)
}
