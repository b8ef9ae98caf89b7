/**
 * The rows of a slice, sorted and split in stripes, with the columns that every stripe has.
 *
 * Does not: handle properties (`slice-properties.ts`), or place bytes in the region (`encode-slice.ts`).
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { dayMs } from '../../schema/event.ts'
import type { ColumnStyle } from '../codec/body.ts'
import { buildColumn, type Column } from './column.ts'
import type { SliceRows } from './contract.ts'
import { writeInsertIds } from './insert-ids.ts'
import { writeMasked } from './masked-rows.ts'
import { sortRows } from './order.ts'
import type { RowPlaces } from './property-rows.ts'
import { writeTimes } from './time-column.ts'
import { writeUserRuns } from './user-runs.ts'

/** A property of a stripe. */
export interface PropertyDraft {
  /** Number of the property in the slice. */
  readonly index: number
  readonly column: Column
  /** Blob of its bytes once it is placed, -1 when it has none. */
  blob: number
}

export interface StripeDraft {
  readonly rows: number
  /** Names in order, with the row after the last of each. */
  readonly names: readonly string[]
  readonly eventEnds: Uint32Array
  /** Slice user per row. */
  readonly users: Uint32Array
  readonly maskedRows: number
  /** ms since the slice's first instant. */
  readonly minTime: number
  readonly maxTime: number
  readonly columns: {
    readonly users: Column
    readonly times: Column
    readonly masked: Column | undefined
    readonly insertIds: Column
  }
  /** Ascending by `index`. */
  readonly properties: PropertyDraft[]
}

export interface SplitSlice {
  readonly stripes: StripeDraft[]
  readonly places: RowPlaces
  /** Arrival numbers of the rows in stored order. */
  readonly order: Uint32Array
}

/** `userRank`: slice user of each user of `slice`; `sliceUsers`: how many there are. */
export function splitSlice(
  slice: SliceRows,
  users: { readonly userRank: Uint32Array; readonly sliceUsers: number },
  { style, stripeRowsMin }: { readonly style: ColumnStyle; readonly stripeRowsMin: number },
): SplitSlice {
  const { names: namesOf, counts } = groupNames(slice, stripeRowsMin)
  const rankOf = new Uint32Array(slice.eventNames.length)
  const stripeOf = new Uint32Array(slice.eventNames.length)
  namesOf.flat().forEach((name, rank) => {
    rankOf[name] = rank
  })
  for (const [stripe, names] of namesOf.entries()) for (const name of names) stripeOf[name] = stripe
  const event = take(rankOf, slice.event)
  const user = take(users.userRank, slice.user)
  const start = slice.day * dayMs
  const time = new Uint32Array(slice.rows)
  for (let row = 0; row < slice.rows; row++) time[row] = slice.time[row] - start
  const arrival = sortRows({ rows: slice.rows, event, user, time })
  const rows = { slice, user, time, sliceUsers: users.sliceUsers, style }
  const stripes: StripeDraft[] = []
  const stripeStart: number[] = [0]
  let first = 0
  for (const names of namesOf) {
    const count = names.reduce((sum, name) => sum + counts[name], 0)
    stripes.push(draftStripe(rows, { names, counts, arrival: arrival.subarray(first, first + count) }))
    first += count
    stripeStart.push(first)
  }
  const position = new Uint32Array(slice.rows)
  for (let at = 0; at < slice.rows; at++) position[arrival[at]] = at
  const stripe = take(stripeOf, slice.event)
  return { stripes, places: { position, stripe, stripeStart: Uint32Array.from(stripeStart) }, order: arrival }
}

/**
 * The names of each stripe, ascending. Names with few rows share one with others that are about as frequent, so that
 * one form of their runs suits them all.
 */
function groupNames(
  slice: SliceRows,
  stripeRowsMin: number,
): {
  readonly names: readonly (readonly number[])[]
  readonly counts: Uint32Array
} {
  const counts = new Uint32Array(slice.eventNames.length)
  for (let row = 0; row < slice.rows; row++) counts[slice.event[row]]++
  const byName = (a: number, b: number) => compareUtf8(slice.eventNames[a], slice.eventNames[b])
  const used = Array.from(counts.keys()).filter((name) => counts[name] > 0)
  const own = used.filter((name) => counts[name] >= stripeRowsMin).sort(byName)
  const rest = used.filter((name) => counts[name] < stripeRowsMin).sort((a, b) => counts[b] - counts[a] || byName(a, b))
  const names = own.map((name) => [name])
  for (let i = 0, rows = stripeRowsMin; i < rest.length; i++) {
    if (rows >= stripeRowsMin) {
      names.push([])
      rows = 0
    }
    names[names.length - 1].push(rest[i])
    rows += counts[rest[i]]
  }
  return { names: names.map((each) => each.sort(byName)), counts }
}

function draftStripe(
  rows: {
    readonly slice: SliceRows
    readonly user: Uint32Array
    readonly time: Uint32Array
    readonly sliceUsers: number
    readonly style: ColumnStyle
  },
  stripe: { readonly names: readonly number[]; readonly counts: Uint32Array; readonly arrival: Uint32Array },
): StripeDraft {
  const { slice, style } = rows
  const { arrival } = stripe
  let row = 0
  const eventEnds = Uint32Array.from(stripe.names, (name) => {
    row += stripe.counts[name]
    return row
  })
  const users = take(rows.user, arrival)
  const times = take(rows.time, arrival)
  const masked = maskedRows(slice.masked, arrival)
  let minTime = 0xffffffff
  let maxTime = 0
  for (let i = 0; i < times.length; i++) {
    if (times[i] < minTime) minTime = times[i]
    if (times[i] > maxTime) maxTime = times[i]
  }
  return {
    rows: arrival.length,
    names: stripe.names.map((name) => slice.eventNames[name]),
    eventEnds,
    users,
    maskedRows: masked.length,
    minTime,
    maxTime,
    columns: {
      users: buildColumn(style, (sink) => writeUserRuns({ users, eventEnds, masked }, sink)),
      times: buildColumn(style, (sink) => writeTimes(times, sink)),
      masked: masked.length === 0 ? undefined : buildColumn(style, (sink) => writeMasked(masked, arrival.length, sink)),
      insertIds: buildColumn(style, (sink) => writeInsertIds(slice.insertIds, arrival, sink)),
    },
    properties: [],
  }
}

/** `values` at each of `indexes`. A plain loop: `map` with a callback takes several times as long. */
function take(values: Uint32Array, indexes: Uint32Array): Uint32Array {
  const out = new Uint32Array(indexes.length)
  for (let i = 0; i < out.length; i++) out[i] = values[indexes[i]]
  return out
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
