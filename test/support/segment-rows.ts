/**
 * Random events and slices for property tests: few names, users and values, so that ties, duplicates
 * and type conflicts are common. Used by tests only.
 */
import * as fc from 'fast-check'
import { canonicalBytes } from '../../dataplane/schema/canonical.ts'
import { dayMs, type Event } from '../../dataplane/schema/event.ts'
import type { Value } from '../../dataplane/schema/value.ts'
import { SliceBuilder } from '../../dataplane/storage/segment/builder.ts'
import { firstDictionaryCode, numberCode, type SliceRows } from '../../dataplane/storage/segment/contract.ts'
import { insertIdText } from '../../dataplane/storage/segment/insert-id-text.ts'

/** A row as a person would write it down; the form in which tests compare. */
export interface PlainRow {
  readonly project: string
  readonly event: string
  readonly h: number
  readonly user: string
  readonly time: number
  readonly insertId: string
  readonly masked: boolean
  /** Canonical bytes in hex by property, sorted by name. */
  readonly properties: string
}

const text = fc.oneof(
  fc.constantFrom('', 'a', 'aa', 'b', '\0', '\uffff', '😀', 'é'),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)

const number = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.1, 1e21, 2 ** 53, -(2 ** 60), 5e-324, 1.7976931348623157e308, 1 / 3),
  fc.integer({ min: 0, max: 9 }),
  fc.integer({ min: -10000, max: 10000 }).map((cents) => cents / 100),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: false }),
  ),
})).value

const uuid = fc.oneof(
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.uuid().map((id) => id.replaceAll('-', '')),
  fc.constantFrom('x-1-0', 'x-1-1', ''),
)

const userIds = ['', 'u1', 'u2', 'ü', '😀', 'user-long-enough-to-matter']

export const day = 20454

export interface RandomRow {
  readonly event: Event
  readonly h: number
  readonly masked: boolean
}

function rowOf(project: string, rowDay: number): fc.Arbitrary<RandomRow> {
  return fc
    .record({
      event: fc.constantFrom('View', 'Buy', 'buy', '', 'é'),
      user: fc.nat({ max: userIds.length - 1 }),
      h: fc.constantFrom(0, 1, 0xffffffff),
      time: fc.oneof(
        fc.nat({ max: 10 }),
        fc.nat({ max: dayMs - 1 }),
        fc.nat({ max: 86399 }).map((s) => s * 1000),
      ),
      insertId: uuid,
      masked: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      properties: fc.dictionary(fc.constantFrom('p', 'q', 'r', '__proto__', 'ß'), value, { maxKeys: 4 }),
    })
    .map(({ event, user, h, time, insertId, masked, properties }) => ({
      event: { project, event, distinctId: userIds[user], time: rowDay * dayMs + time, insertId, properties },
      // A user's hash is a function of the id; rows without a user have one of their own. Some users collide.
      h: user === 0 ? h : user >> 1,
      masked,
    }))
}

/** Rows of one (project, day) in arrival order; mostly of one project, on two days. */
export const sliceArbitrary: fc.Arbitrary<SliceRows> = fc
  .tuple(fc.constantFrom('p1', 'p1', 'p2'), fc.constantFrom(day, day + 1))
  .chain(([project, rowDay]) => fc.array(rowOf(project, rowDay), { minLength: 1, maxLength: 30 }))
  .map(sliceOf)

export function sliceOf(rows: readonly RandomRow[]): SliceRows {
  const { project, time } = rows[0].event
  const builder = new SliceBuilder(project, Math.floor(time / dayMs))
  for (const { event, h, masked } of rows) builder.add(event, h, masked)
  return builder.finish()
}

export function plainRows(slice: SliceRows): PlainRow[] {
  const properties = Array.from({ length: slice.rows }, () => new Map<string, string>())
  for (const { name, dictionary, rows, codes, numbers } of slice.properties) {
    codes.forEach((code, entry) => {
      const row = rows === undefined ? entry : rows[entry]
      const cell = code === numberCode ? numbers![entry] : dictionary[code - firstDictionaryCode]
      properties[row].set(name, Buffer.from(canonicalBytes(cell)).toString('hex'))
    })
  }
  return properties.map((cells, row) => ({
    project: slice.project,
    event: slice.eventNames[slice.event[row]],
    h: slice.userHashes[slice.user[row]],
    user: slice.userIds[slice.user[row]],
    time: slice.time[row],
    insertId: insertIdText(slice.insertIds, row),
    masked: ((slice.masked[row >>> 5] >>> (row & 31)) & 1) === 1,
    properties: JSON.stringify([...cells].sort()),
  }))
}
