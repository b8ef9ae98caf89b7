/**
 * Segment to rows: `readSlices`, the inverse of `encodeSegment` up to order. Input of merges, audits
 * and exports of whole slices.
 *
 * Rows come in stored order: stripe by stripe, in a stripe by name; within
 * a name by `(h, user id, time)`, arrival order within.
 */

import { corrupt } from '../../../common/errors/errors.ts'
import { escapeForm } from '../../schema/insert-id.ts'
import {
  blockRows,
  firstDictionaryCode,
  missingCode,
  numberCode,
  type PropertyRows,
  type Segment,
  type Slice,
  type SliceEntry,
  type SliceRows,
  type Stripe,
  type UserTable,
} from './contract.ts'
import { checkHead } from './layout.ts'

/** Decodes whole slices, those that `filter` accepts, in the order of the segment. Reads every byte of them. */
export async function readSlices(
  segment: Segment,
  filter: (entry: SliceEntry) => boolean = () => true,
): Promise<SliceRows[]> {
  await checkHead(segment.source)
  const slices: SliceRows[] = []
  for (const entry of segment.slices) {
    if (!filter(entry)) continue
    const table = await segment.users(entry.project)
    slices.push(await readSlice(await segment.slice(entry), table, segment.source.name))
  }
  return slices
}

async function readSlice(slice: Slice, table: UserTable, object: string): Promise<SliceRows> {
  const properties = [...new Set(slice.stripes.flatMap((stripe) => [...stripe.properties]))]
  const stripes = await slice.loadAll(slice.stripes, { users: true, times: true, insertIds: true, properties })
  // Nobody asks for them here, but every byte is to be checked.
  await slice.bucketDigests()
  const { project, day, rows } = slice.entry
  const { userOrdinals } = slice
  return {
    project,
    day,
    rows,
    ...eventColumns(stripes, rows),
    userHashes: userOrdinals.map((ordinal) => table.hashes[ordinal]),
    userIds: Array.from(userOrdinals, (ordinal) => table.id(ordinal)),
    user: userColumn(stripes, rows),
    time: timeColumn(stripes, rows),
    insertIds: insertIdColumn(stripes, rows),
    masked: maskedColumn(stripes, rows),
    properties: properties.map((name) => propertyRows(stripes, name, { rows, object, offset: slice.entry.start })),
  }
}

function eventColumns(stripes: readonly Stripe[], rows: number): { eventNames: string[]; event: Uint32Array } {
  const eventNames: string[] = []
  const event = new Uint32Array(rows)
  let first = 0
  for (const { entry } of stripes) {
    entry.events.forEach((name, i) => {
      event.fill(eventNames.length, first + (i === 0 ? 0 : entry.eventEnds[i - 1]), first + entry.eventEnds[i])
      eventNames.push(name)
    })
    first += entry.rows
  }
  return { eventNames, event }
}

function userColumn(stripes: readonly Stripe[], rows: number): Uint32Array {
  const users = new Uint32Array(rows)
  let first = 0
  for (const stripe of stripes) {
    const { count, user, end } = stripe.userRuns
    for (let run = 0; run < count; run++)
      users.fill(user[run], first + (run === 0 ? 0 : end[run - 1]), first + end[run])
    first += stripe.rows
  }
  return users
}

function timeColumn(stripes: readonly Stripe[], rows: number): Float64Array {
  const times = new Float64Array(rows)
  let first = 0
  for (const stripe of stripes) {
    stripe.times(0, stripe.rows, times.subarray(first, first + stripe.rows))
    first += stripe.rows
  }
  return times
}

function insertIdColumn(stripes: readonly Stripe[], rows: number): SliceRows['insertIds'] {
  const bytes = new Uint8Array(16 * rows)
  const form = new Uint8Array(rows)
  const escapes = new Map<number, string>()
  let first = 0
  for (const stripe of stripes) {
    const ids = stripe.insertIds()
    bytes.set(ids.bytes, 16 * first)
    form.set(ids.form, first)
    for (const [row, text] of ids.escapes) escapes.set(first + row, text)
    first += stripe.rows
  }
  for (const row of escapes.keys()) if (form[row] !== escapeForm) escapes.delete(row)
  return { bytes, form, escapes }
}

function maskedColumn(stripes: readonly Stripe[], rows: number): Uint32Array {
  const masked = new Uint32Array(Math.ceil(rows / 32))
  let first = 0
  for (const stripe of stripes) {
    if (stripe.masked !== undefined) {
      for (let row = 0; row < stripe.rows; row++) {
        if ((stripe.masked[row >>> 5] >>> (row & 31)) & 1) masked[(first + row) >>> 5] |= 1 << ((first + row) & 31)
      }
    }
    first += stripe.rows
  }
  return masked
}

/** Scratch of `propertyRows`: a slice of a dozen rows would pay more for two new blocks than for its columns. */
const codes = new Uint32Array(blockRows)
const values = new Float64Array(blockRows)

function propertyRows(
  stripes: readonly Stripe[],
  name: string,
  { rows, ...origin }: { readonly rows: number; readonly object: string; readonly offset: number },
): PropertyRows {
  const entryRows = new Uint32Array(rows)
  const entryCodes = new Uint32Array(rows)
  let numbers: Float64Array | undefined
  let dictionary: PropertyRows['dictionary'] = []
  let count = 0
  let first = 0
  for (const stripe of stripes) {
    const column = stripe.property(name)
    if (column !== undefined) {
      dictionary = column.dictionary
      if (column.hasNumbers) numbers ??= new Float64Array(rows)
      for (let from = 0; from < stripe.rows; from += blockRows) {
        const to = Math.min(stripe.rows, from + blockRows)
        column.codes(from, to, codes)
        if (areValues(codes, to - from, dictionary.length)) {
          // Nearly every block: a string in each row.
          entryCodes.set(codes.subarray(0, to - from), count)
          fillAscending(entryRows, { from: count, count: to - from, first: first + from })
          count += to - from
          continue
        }
        if (column.hasNumbers) column.numbers(from, to, values)
        for (let i = 0; i < to - from; i++) {
          const code = codes[i]
          if (code === missingCode) continue
          // Forged bytes may pass every checksum; what they say must still make sense.
          const isNumber = code === numberCode
          const makesSense = isNumber
            ? numbers !== undefined && Number.isFinite(values[i])
            : code < firstDictionaryCode + dictionary.length
          if (!makesSense) {
            const what = `${isNumber ? 'number' : 'code'} of property ${JSON.stringify(name)}`
            const want = isNumber ? 'a finite number' : `one of ${dictionary.length} values`
            return corrupt({ code: 'SEGMENT_CORRUPT', ...origin, what, got: isNumber ? values[i] : code, want })
          }
          if (isNumber) numbers![count] = values[i]
          entryCodes[count] = code
          entryRows[count++] = first + from + i
        }
      }
    }
    first += stripe.rows
  }
  return {
    name,
    dictionary,
    rows: count === rows ? undefined : entryRows.slice(0, count),
    codes: count === rows ? entryCodes : entryCodes.slice(0, count),
    numbers: numbers?.slice(0, count),
  }
}

// Loops of their own: inside a loop over stripes the engine would compile them again and again.

/** True when the first `count` codes all name one of `values` values. */
function areValues(of: Uint32Array, count: number, values: number): boolean {
  const end = firstDictionaryCode + values
  for (let i = 0; i < count; i++) if (of[i] < firstDictionaryCode || of[i] >= end) return false
  return true
}

/** `first`, `first + 1`, … */
function fillAscending(out: Uint32Array, { from, count, first }: { from: number; count: number; first: number }): void {
  for (let i = 0; i < count; i++) out[from + i] = first + i
}
