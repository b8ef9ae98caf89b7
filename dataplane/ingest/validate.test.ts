import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalBytes } from '../schema/canonical.ts'
import { valuesEqual } from '../schema/compare.ts'
import { emptyProperties } from '../schema/properties.ts'
import type { Value } from '../schema/value.ts'
import { type Validation, validate } from './validate.ts'

const now = Date.UTC(2026, 0, 15, 12)
const minute = 60_000
const context = { project: 'demo', now }

/** A valid event with some of its fields replaced; `undefined` leaves a field out, as JSON would. */
function sent(properties: Record<string, unknown> = {}, top: Record<string, unknown> = {}): unknown {
  const base = { time: now, distinct_id: 'user-1', $insert_id: 'a-1', ...properties }
  const kept = Object.entries(base).filter(([, value]) => value !== undefined)
  // Through text, so that what is tested is what a body can hold; 1e999 is how a body says infinity.
  const body = JSON.stringify({ event: 'Play', properties: Object.fromEntries(kept), ...top }, (_, value) =>
    value === Number.POSITIVE_INFINITY ? '<infinity>' : Object.is(value, -0) ? '<minus zero>' : value,
  )
  return JSON.parse(body.replaceAll('"<infinity>"', '1e999').replaceAll('"<minus zero>"', '-0'))
}

/** `ok`, or `field code`. */
function verdict({ error }: Validation): string {
  return error === undefined ? 'ok' : `${error.field} ${error.code}`
}

/** Lists `depth` deep. */
function nest(depth: number): unknown {
  return depth === 0 ? 1 : [nest(depth - 1)]
}

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, i]))
const eightKilobytes = (text: string) => [...Array(31).fill('x'.repeat(255)), text]

test.each<[string, Record<string, unknown>, string]>([
  ['a plain event', {}, 'ok'],
  // Time: the edges of 1971, of seconds and ms, of the hour ahead.
  ['no time', { time: undefined }, 'properties.time missing'],
  ['a time as a string', { time: '1767225600' }, 'properties.time type'],
  ['a null time', { time: null }, 'properties.time type'],
  ['the last ms of 1970, as seconds', { time: 31_535_999.999 }, 'properties.time time'],
  ['1971-01-01 in seconds', { time: 31_536_000 }, 'ok'],
  ['1971-01-01 in ms', { time: 31_536_000_000 }, 'ok'],
  ['a ms before 1971-01-01 in ms, which reads as seconds of 2969', { time: 31_535_999_999 }, 'properties.time time'],
  ['zero', { time: 0 }, 'properties.time time'],
  ['a negative time', { time: -1 }, 'properties.time time'],
  ['an infinite time', { time: Number.POSITIVE_INFINITY }, 'properties.time time'],
  ['59 minutes ahead', { time: now + 59 * minute }, 'ok'],
  ['60 minutes ahead', { time: now + 60 * minute }, 'ok'],
  ['60 minutes and 1 ms ahead', { time: now + 60 * minute + 1 }, 'properties.time time'],
  ['61 minutes ahead', { time: now + 61 * minute }, 'properties.time time'],
  ['61 minutes ahead, in seconds', { time: (now + 61 * minute) / 1000 }, 'properties.time time'],
  // User id.
  ['no distinct_id', { distinct_id: undefined }, 'properties.distinct_id missing'],
  ['a null distinct_id', { distinct_id: null }, 'properties.distinct_id type'],
  ['a number as distinct_id', { distinct_id: 42 }, 'properties.distinct_id type'],
  ['an empty distinct_id', { distinct_id: '' }, 'ok'],
  ['a distinct_id of 255 characters', { distinct_id: 'é'.repeat(255) }, 'ok'],
  ['a distinct_id of 255 characters above U+FFFF', { distinct_id: '😀'.repeat(255) }, 'ok'],
  ['a distinct_id of 256 characters', { distinct_id: 'x'.repeat(256) }, 'properties.distinct_id too_long'],
  [
    'a distinct_id of 256 characters above U+FFFF',
    { distinct_id: '😀'.repeat(256) },
    'properties.distinct_id too_long',
  ],
  ['a distinct_id with half a pair', { distinct_id: 'a\ud83d' }, 'properties.distinct_id unicode'],
  // Insert id.
  ['no $insert_id', { $insert_id: undefined }, 'properties.$insert_id missing'],
  ['a null $insert_id', { $insert_id: null }, 'properties.$insert_id type'],
  ['a number as $insert_id', { $insert_id: 17 }, 'properties.$insert_id type'],
  ['an empty $insert_id', { $insert_id: '' }, 'properties.$insert_id empty'],
  ['an $insert_id of 36 bytes', { $insert_id: 'aZ09-'.repeat(8).slice(0, 36) }, 'ok'],
  ['an $insert_id of 37 bytes', { $insert_id: 'x'.repeat(37) }, 'properties.$insert_id too_long'],
  ['an $insert_id with an underscore', { $insert_id: 'a_b' }, 'properties.$insert_id characters'],
  ['an $insert_id with an accent', { $insert_id: 'é' }, 'properties.$insert_id characters'],
  ['an $insert_id above Latin-1', { $insert_id: '用' }, 'properties.$insert_id characters'],
  ...['[', '@', '`', '{', '/', ':', ' '].map((c): [string, Record<string, unknown>, string] => [
    `an $insert_id of ${c}, a neighbour of what is allowed`,
    { $insert_id: c },
    'properties.$insert_id characters',
  ]),
  // Names and strings.
  ['a property name with NUL', { 'time\0': 1 }, 'properties characters'],
  ['a property name with half a pair', { '\udc00': 1 }, 'properties unicode'],
  ['an empty property name', { '': 1 }, 'ok'],
  ['a string with half a pair', { p: '\ud800x' }, 'properties.p unicode'],
  ['a string with halves in the wrong order', { p: '\udc00\ud800' }, 'properties.p unicode'],
  ['a string with NUL', { p: '\0' }, 'ok'],
  [
    'names that differ after 255 characters',
    { [`${'n'.repeat(255)}1`]: 1, [`${'n'.repeat(255)}2`]: 2 },
    `properties.${'n'.repeat(255)} ambiguous`,
  ],
  [
    'a long name before the one that it is cut to',
    { [`${'n'.repeat(256)}`]: 1, [`${'n'.repeat(255)}`]: 2 },
    `properties.${'n'.repeat(255)} ambiguous`,
  ],
  // Counts: reserved names do not count.
  ['254 properties', many(254), 'ok'],
  ['255 properties', many(255), 'ok'],
  ['256 properties', many(256), 'properties too_many'],
  ['255 properties and a token', { ...many(255), token: 'secret' }, 'ok'],
  ['an object of 255 keys', { p: many(255) }, 'ok'],
  ['an object of 256 keys', { p: many(256) }, 'properties.p too_many'],
  ['a list of 255', { p: Array(255).fill(0) }, 'ok'],
  ['a list of 256', { p: Array(256).fill(0) }, 'properties.p too_many'],
  ['a list of 256 inside', { p: { q: [{ r: Array(256).fill(0) }] } }, 'properties.p.q[0].r too_deep'],
  ['a list of 256 one inside', { p: { q: [0, Array(256).fill(0)] } }, 'properties.p.q[1] too_many'],
  // Depth.
  ['lists 3 deep', { p: nest(3) }, 'ok'],
  ['lists 4 deep', { p: nest(4) }, 'properties.p[0][0][0] too_deep'],
  ['objects 3 deep', { p: { q: { r: { s: 1 } } } }, 'ok'],
  ['objects 4 deep', { p: { q: { r: { s: {} } } } }, 'properties.p.q.r.s too_deep'],
  ['lists a thousand deep', { p: nest(1000) }, 'properties.p[0][0][0] too_deep'],
  [
    'names inside that differ after 255 characters',
    { p: { [`${'n'.repeat(256)}`]: 1, [`${'n'.repeat(255)}`]: 2 } },
    `properties.p.${'n'.repeat(255)} ambiguous`,
  ],
  // Numbers.
  ['1e999', { p: Number.POSITIVE_INFINITY }, 'properties.p number'],
  ['1e999 inside', { p: { q: [1, Number.POSITIVE_INFINITY] } }, 'properties.p.q[1] number'],
  ['the largest number', { p: Number.MAX_VALUE }, 'ok'],
  // Nested text.
  ['half a pair inside', { p: [{ q: '\ud800' }] }, 'properties.p[0].q unicode'],
  ['half a pair in a key inside', { p: { '\ud800': 1 } }, 'properties.p.\ud800 unicode'],
  // Bytes: 31 strings of 255 characters with quotes and comma are 7,998; brackets 2; the last string has quotes.
  ['a list of 8,192 bytes', { p: eightKilobytes('x'.repeat(190)) }, 'ok'],
  ['a list of 8,193 bytes', { p: eightKilobytes('x'.repeat(191)) }, 'properties.p too_large'],
  ['a list of 8,192 bytes with two bytes a character', { p: eightKilobytes('é'.repeat(95)) }, 'ok'],
  ['a list of 8,194 bytes with two bytes a character', { p: eightKilobytes('é'.repeat(96)) }, 'properties.p too_large'],
  ['a list of lists of 65,025', { p: Array(255).fill(Array(255).fill(1)) }, 'properties.p too_large'],
])('validate: %s -> its verdict (%#)', (_, properties, want) => {
  expect(verdict(validate(sent(properties), context))).toBe(want)
})

test.each<[string, unknown, string]>([
  ['a string', 'Play', '$ type'],
  ['a list', [sent()], '$ type'],
  ['null', null, '$ type'],
  ['nothing', undefined, '$ type'],
  ['no event', sent({}, { event: undefined }), 'event missing'],
  ['a number as event', sent({}, { event: 7 }), 'event type'],
  ['an empty event', sent({}, { event: '' }), 'event empty'],
  ['an event with half a pair', { ...(sent() as object), event: '\ud800' }, 'event unicode'],
  ['no properties', { event: 'Play' }, 'properties missing'],
  ['null properties', { event: 'Play', properties: null }, 'properties type'],
  ['a list as properties', { event: 'Play', properties: [1] }, 'properties type'],
  ['a field that would be lost', sent({}, { distinct_id: 'user-1' }), 'distinct_id unknown'],
  [
    'a value that JSON cannot hold',
    { event: 'Play', properties: { ...(sent() as { properties: object }).properties, p: 1n } },
    'properties.p type',
  ],
  [
    'a hole inside',
    { event: 'Play', properties: { ...(sent() as { properties: object }).properties, p: Array(2) } },
    'properties.p[0] type',
  ],
])('validate: %s -> its verdict', (_, raw, want) => {
  expect(verdict(validate(raw, context))).toBe(want)
})

const bannedIds =
  '00000000-0000-0000-0000-000000000000 anon anonymous nil none null n/a na undefined unknown <nil> 0 -1 true false [] {} None NULL Anonymous'.split(
    ' ',
  )

test.each(bannedIds)('validate: %s as distinct_id or $insert_id -> refused', (id) => {
  expect(verdict(validate(sent({ distinct_id: id }), context))).toBe('properties.distinct_id banned')
  expect(verdict(validate(sent({ $insert_id: id }), context))).toMatch(/^properties\.\$insert_id (banned|characters)$/)
})

test.each(['anon1', '00', '-2', 'nullable', '00000000-0000-0000-0000-000000000001', 'a', ' '])(
  'validate: %s as distinct_id, near a banned one -> accepted',
  (id) => {
    expect(verdict(validate(sent({ distinct_id: id }), context))).toBe('ok')
  },
)

test.each<[number, number]>([
  [1_700_000_000, 1_700_000_000_000],
  [1_700_000_000_000, 1_700_000_000_000],
  [1_700_000_000.5, 1_700_000_000_500],
  [1_700_000_000.001, 1_700_000_000_001],
  [1_700_000_000.123456, 1_700_000_000_123],
  [1_700_000_000_000.4, 1_700_000_000_000],
  [1_700_000_000_000.5, 1_700_000_000_001],
  [31_535_999.9996, 31_536_000_000],
])('validate: time %d -> %d ms', (time, want) => {
  expect(validate(sent({ time }), context).event?.time).toBe(want)
})

test('validate: an event -> its fields, properties without the reserved ones, types as sent', () => {
  const properties = { ...sample(), token: 'secret', ip: '1.2.3.4' }
  const { event } = validate(sent(properties), context)
  expect(event).toMatchObject({ project: 'demo', event: 'Play', distinctId: 'user-1', time: now, insertId: 'a-1' })
  expect(Object.keys(event!.properties)).toEqual([...Object.keys(sample()), 'ip'])
  expect(valuesEqual(event!.properties, { ...sample(), ip: '1.2.3.4' })).toBe(true)
})

function sample(): Record<string, Value> {
  return {
    text: '2026-01-01',
    digits: '12',
    number: 12,
    yes: true,
    nothing: null,
    list: [1, '1', [null]],
    object: { a: { b: {} } },
  }
}

test('validate: -0, at the top and inside -> 0', () => {
  const { event } = validate(sent({ p: -0, q: [-0, { r: -0 }] }), context)
  expect(event!.properties).toEqual({ p: 0, q: [0, { r: 0 }] })
})

test('validate: names and strings of more than 255 characters -> cut between characters, at the top and inside', () => {
  const long = `${'x'.repeat(254)}😀tail`
  const cut = `${'x'.repeat(254)}😀`
  const { event } = validate(sent({ [long]: long, p: [long, { [long]: '😀'.repeat(300) }] }, { event: long }), context)
  expect(event!.event).toBe(cut)
  expect(event!.properties).toEqual({ [cut]: cut, p: [cut, { [cut]: '😀'.repeat(255) }] })
})

test('validate: half a pair after the cut -> gone with the rest', () => {
  expect(validate(sent({ p: `${'x'.repeat(255)}\ud800` }), context).event?.properties.p).toBe('x'.repeat(255))
})

test('validate: names that every object inherits, at the top and inside -> ordinary names', () => {
  const raw = JSON.parse(
    `{"event":"Play","properties":{"time":${now},"distinct_id":"u","$insert_id":"i","__proto__":{"x":1},"constructor":1,"p":{"__proto__":[2],"toString":3}}}`,
  )
  const properties = validate(raw, context).event!.properties
  expect(Object.keys(properties)).toEqual(['__proto__', 'constructor', 'p'])
  expect(JSON.stringify(properties)).toBe('{"__proto__":{"x":1},"constructor":1,"p":{"__proto__":[2],"toString":3}}')
  expect('hasOwnProperty' in properties).toBe(false)
  expect('x' in {}).toBe(false)
})

test('validate: time, distinct_id and $insert_id inherited from nowhere -> missing, never found on a prototype', () => {
  const raw = JSON.parse(
    '{"event":"Play","properties":{"__proto__":{"time":1700000000,"distinct_id":"u","$insert_id":"i"}}}',
  )
  expect(verdict(validate(raw, context))).toBe('properties.time missing')
})

/** A list of strings that is `bytes` long as JSON: 1 + Σ (length + 3). */
function listOf(bytes: number): string[] {
  const strings = Math.ceil((bytes - 1) / 258)
  return Array.from({ length: strings }, (_, i) => 'x'.repeat(i < strings - 1 ? 255 : bytes - 1 - 258 * i - 3))
}

test('validate: an event of 1 MiB -> accepted; of one byte more -> refused', () => {
  const lists = Object.fromEntries(Array.from({ length: 127 }, (_, i) => [`p${i}`, listOf(8_192)]))
  const size = (properties: object) => JSON.stringify({ event: 'Play', properties }).length
  const rest = 1_048_576 - size({ ...lists, q: [], r: '' })
  const full = (extra: number) => ({ ...lists, q: listOf(rest + 2 - 100), r: 'x'.repeat(100 + extra) })
  expect(size(full(0))).toBe(1_048_576)
  expect(verdict(validate(sent(full(0)), context))).toBe('ok')
  expect(verdict(validate(sent(full(1)), context))).toBe('properties too_large')
})

test('validate: a missing insert id where ids are minted -> minted, once and only for accepted events', () => {
  const ids: string[] = []
  const minting = { ...context, mintInsertId: () => `minted-${ids.push('')}` }
  expect(validate(sent({ $insert_id: undefined }), minting).event?.insertId).toBe('minted-1')
  expect(validate(sent({ $insert_id: 'own' }), minting).event?.insertId).toBe('own')
  expect(verdict(validate(sent({ $insert_id: undefined, p: [[[[]]]] }), minting))).toBe(
    'properties.p[0][0][0] too_deep',
  )
  expect(verdict(validate(sent({ $insert_id: null }), minting))).toBe('properties.$insert_id type')
  expect(ids.length).toBe(1)
})

test('validate: a refusal -> a message that starts with the field and says what was got and wanted', () => {
  const { error } = validate(sent({ distinct_id: 42 }), context)
  expect(error?.message).toBe('properties.distinct_id: got the number 42, want a string')
})

test('validate: one name checked, then the same place with a bad one, and the other way -> each on its own merits', () => {
  expect(verdict(validate(sent({ good: 1, other: 2 }), context))).toBe('ok')
  expect(verdict(validate(sent({ good: 1, 'other\0': 2 }), context))).toBe('properties characters')
  expect(verdict(validate(sent({ good: 1, 'other\0': 2 }), context))).toBe('properties characters')
  expect(verdict(validate(sent({ good: 1, other: 2 }), context))).toBe('ok')
})

/** Any character. fast-check's own `unit: 'binary'` takes seconds to be made. */
const character = fc
  .oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code))

test('validate: any JSON at all -> an event or a refusal, never a crash; what is accepted has canonical bytes', () => {
  const json = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.record({ event: fc.jsonValue(), properties: fc.jsonValue() }),
    fc
      .dictionary(fc.string({ unit: character, maxLength: 5 }), fc.jsonValue({ maxDepth: 2, stringUnit: character }))
      .map((properties) => sent(properties)),
  )
  fc.assert(
    fc.property(json, (raw) => {
      const before = JSON.stringify(raw)
      const { event, error } = validate(raw, context)
      expect(JSON.stringify(raw)).toBe(before)
      if (error !== undefined) {
        expect(error.message.startsWith(error.field)).toBe(true)
        return
      }
      expect(canonicalBytes(event.properties as Value).length).toBeGreaterThan(0)
      const original = emptyProperties()
      for (const [key, value] of Object.entries((raw as { properties: Record<string, Value> }).properties)) {
        if (key !== 'time' && key !== 'distinct_id' && key !== '$insert_id') original[key] = value
      }
      expect(valuesEqual(event.properties as Value, original)).toBe(true)
    }),
    { numRuns: 200 },
  )
})
