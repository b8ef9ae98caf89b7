import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeRecord } from '../../log/record/encode.ts'
import { decodeEvents } from '../../log/record/events.ts'
import { openRecord } from '../../log/record/open.ts'
import type { Event } from '../../schema/event.ts'
import { Placer } from '../placer.ts'
import { validate } from '../validate.ts'
import { type Scanned, scanEvents } from './scan.ts'
import { scanNumber } from './scan-number.ts'

const now = Date.UTC(2026, 0, 10)
const context = { project: 'p', now }

function scan(text: string | Buffer, { lines = false, containersMax = 1000, eventsMax = 100 } = {}) {
  const refused: number[] = []
  let whole = 0
  const scanned = scanEvents(Buffer.from(text), {
    ...{ ...context, lines, eventsMax, containersMax },
    acceptsToken: (token) => token !== 'of another',
    parsed(raw, index) {
      whole++
      const { event } = validate(raw, context)
      if (event === undefined) refused.push(index)
      return event
    },
  })
  return { scanned, refused, whole }
}

/** The events of a tape as a reader of the log gets them. */
function eventsOf({ tape }: Scanned): Event[] {
  if (tape.rows === 0) return []
  const placer = new Placer()
  const rows = Array.from({ length: tape.rows }, (_, row) => ({ ...placer.placeOfTape(tape, row), place: row }))
  const sorted = rows.toSorted((a, b) => a.position - b.position)
  const bytes = encodeRecord({ generation: 1, partition: 0, rows: sorted })
  const decoded = [...decodeEvents(openRecord(bytes, 'record'), 0)]
  for (const [i, { h }] of decoded.entries()) expect(h).toBe(sorted[i]!.h)
  return decoded
    .map(({ event }, i) => ({ event, place: sorted[i]!.place }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ event }) => event)
}

/** What parsing the whole body and validating each event makes of it. */
function expected(text: string): { events: Event[]; refused: number[] } {
  const parsed = JSON.parse(text) as unknown
  const all = (Array.isArray(parsed) ? parsed : [parsed]).map((raw) => validate(raw, context).event)
  return {
    events: all.filter((event) => event !== undefined),
    refused: [...all.keys()].filter((i) => all[i] === undefined),
  }
}

const plain = (properties: object) => ({
  event: 'E',
  properties: { time: 1_767_225_600, distinct_id: 'u', $insert_id: 'i', ...properties },
})

/** Text that JSON writes in more than one way, or that has its own rule. */
const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom(
    '',
    'a"b',
    'a\\b',
    '\n',
    'é',
    '\u{1f600}',
    '\ud800',
    'x'.repeat(256),
    'é'.repeat(300),
    '__proto__',
    'null',
    'constructor',
    '\u0000',
  ),
)
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    0,
    -0,
    0.1,
    1e21,
    1e-7,
    123456789012345680,
    5e-324,
    2 ** 53,
    1.7976931348623157e308,
    0.30000000000000004,
  ),
)
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null))
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(text, scalar, { maxKeys: 3 }) },
  { weight: 1, arbitrary: fc.constant([[[['deep']]]]) },
)
const name = fc.oneof(fc.constantFrom('a', 'b', 'c', 'plan', '1', 'token', '$ignore', 'x'.repeat(255)), text)
const id = fc.oneof(
  fc.uuid(),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  fc.uuid().map((uuid) => uuid.replaceAll('-', '')),
  fc.constantFrom('id-1', 'id_1', '', '0', 'a'.repeat(37), '00000000-0000-0000-0000-000000000000', '0'.repeat(32), 'é'),
)
const event = fc
  .record({
    event: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('A', 'B', 'é') },
      { weight: 1, arbitrary: fc.oneof(scalar) },
    ),
    time: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1_767_000_000, max: 1_767_225_600 }) },
      { weight: 1, arbitrary: number },
    ),
    distinct_id: fc.oneof(fc.constantFrom('', 'u1', 'u2', 'é', 'anon', 'x'.repeat(256)), text),
    $insert_id: id,
    properties: fc.dictionary(name, value, { maxKeys: 6 }),
    flipped: fc.boolean(),
    space: fc.constantFrom('', '', ' ', '\n', ' \t\r\n'),
  })
  .map(({ event, flipped, space, properties, ...fields }) => {
    const all = JSON.stringify({ ...fields, ...properties })
    const members = [`"event"${space}:${space}${JSON.stringify(event)}`, `"properties"${space}:${space}${all}`]
    return `{${space}${(flipped ? members.toReversed() : members).join(`${space},${space}`)}${space}}`
  })

describe('scan: one pass over the bytes makes what parsing and validating makes', () => {
  test('scan: any events -> the same events, the same refused, the same order', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), fc.constantFrom('', ' ', '\n'), (events, space) => {
        const body = `${space}[${events.join(`${space},${space}`)}${space}]${space}`
        const { scanned, refused } = scan(body)
        const want = expected(body)
        expect(scanned?.events).toBe(events.length)
        expect(eventsOf(scanned!)).toEqual(want.events)
        expect(refused).toEqual(want.refused)
      }),
      { numRuns: 400 },
    )
  })

  test('scan: any byte of a body changed -> the same as parsing it, or left alone', () => {
    const body = Buffer.from(
      JSON.stringify([plain({ a: 'x', n: -1.5e3, t: true, list: [1, 'é'] }), plain({ a: 'x\n', b: null })]),
    )
    fc.assert(
      fc.property(
        fc.nat(body.length - 1),
        fc.oneof(fc.constantFrom(...Buffer.from('{}[],:"\\ \n0e')), fc.nat(127)),
        (at, byte) => {
          const changed = Buffer.from(body)
          changed[at] = byte
          const text = changed.toString()
          if (!Buffer.from(text).equals(changed)) return
          const { scanned, refused } = scan(changed)
          if (scanned === undefined) return
          const want = expected(text)
          expect(eventsOf(scanned)).toEqual(want.events)
          expect(refused).toEqual(want.refused)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test.each([
    '0',
    '-0',
    '12',
    '-12.5',
    '0.1',
    '1e3',
    '1E-3',
    '123456789.123456',
    '0.000000000000001',
    '99999999999999999999',
    '2.2250738585072014e-308',
  ])('scan: the number %s -> as JSON.parse reads it', (number) => {
    const { scanned, whole } = scan(
      `[{"event":"E","properties":{"time":1767225600,"distinct_id":"u","$insert_id":"i","n":${number}}}]`,
    )
    expect([eventsOf(scanned!)[0]!.properties.n, whole]).toEqual([JSON.parse(number) + 0, 0])
  })

  test('scan: any decimal -> the double that JSON.parse makes of it', () => {
    const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength })
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), digits(17), fc.boolean(), (whole, fraction, isNegative) => {
        const number = { value: 0, end: 0 }
        for (const text of [`${whole}`, `${whole % 1000n}.${fraction}`, `0.${fraction}`]) {
          const signed = isNegative ? `-${text}` : text
          expect(scanNumber(Buffer.from(`${signed},`), 0, number)).toBe(true)
          expect(number).toEqual({ value: JSON.parse(signed) + 0, end: signed.length })
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('scan: a plain event -> no object is made of it; an unusual one -> parsed by itself, in its place', () => {
    const twice = '{"event":"E","properties":{"time":1767225600,"distinct_id":"u","$insert_id":"j","a":1,"a":2}}'
    const { scanned, whole } = scan(
      `[${JSON.stringify(plain({ a: 'b' }))},${twice},${JSON.stringify(plain({ c: [1] }))}]`,
    )
    expect(whole).toBe(1)
    expect(eventsOf(scanned!).map(({ properties }) => ({ ...properties }))).toEqual([{ a: 'b' }, { a: 2 }, { c: [1] }])
  })

  test('scan: a token of another project -> the event is parsed, and refused by whoever knows tokens', () => {
    const body = JSON.stringify([plain({ token: 'of another' }), plain({ token: 'own' })])
    expect(scan(body)).toMatchObject({ whole: 1, scanned: { events: 2 } })
  })

  test('scan: one event a line -> each; a line that is none -> left alone', () => {
    const [a, b] = [JSON.stringify(plain({ a: 1 })), JSON.stringify(plain({ a: 2 }))]
    for (const body of [`${a}\n${b}`, `\n ${a} \r\n\n${b}\n`]) {
      expect(eventsOf(scan(body, { lines: true }).scanned!).map(({ properties }) => properties.a)).toEqual([1, 2])
    }
    for (const body of [
      `${a} ${b}`,
      `${a}\n[]`,
      `${a}\n{`,
      a.replace('{"time"', '{\n"time"'),
      a.replace('"a":1', '"a":[\n1]'),
    ]) {
      expect(scan(body, { lines: true }).scanned, body).toBeUndefined()
    }
  })

  test.each([
    ['no JSON', '[{"event":"E"},'],
    ['something behind the list', '[] x'],
    ['what is no event', '[1]'],
    ['too many events', `[${new Array(101).fill('{}').join()}]`],
    [
      'too many lists of plain events',
      JSON.stringify(
        new Array(60).fill(
          plain({ a: [[1], [2], [3]], ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`l${i}`, []])) }),
        ),
      ),
    ],
    ['too many lists', `[{"event":"E","properties":{"a":[${'[],'.repeat(1000)}[]]}}]`],
  ])('scan: %s -> left alone', (_, body) => {
    expect(scan(body).scanned).toBeUndefined()
  })
})
