import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes } from '../../common/bytes/compare.ts'
import { CorruptError } from '../../common/errors/errors.ts'
import { canonicalBytes, canonicalDepthMax, decodeCanonical } from './canonical.ts'
import { compareValues, valuesEqual, valueType } from './compare.ts'
import type { Value } from './value.ts'

// Read as text: an import may turn the document into source code, where a key `__proto__` is no key.
const vectors: { values: { value: Value; hex: string }[]; refused: { hex: string; why: string }[] } = JSON.parse(
  readFileSync(new URL('canonical.vectors.json', import.meta.url), 'utf8'),
)
const hex = (value: Value) => Buffer.from(canonicalBytes(value)).toString('hex')
const decode = (text: string) => decodeCanonical(Buffer.from(text, 'hex'), { object: 'vector' })

/** Any character. fast-check's own `unit: 'binary'` takes seconds to be made. */
const character = fc
  .oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code))
const text = fc.oneof(
  fc.string({ unit: character, maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
  fc.constantFrom('', 'x'.repeat(126), 'x'.repeat(127), '__proto__', 'toString', '\uffff', '😀'),
)
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Value[]>(null, true, false),
    number,
    fc.integer({ min: -3, max: 3 }),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.uniqueArray(fc.tuple(text, tie('value')), { maxLength: 4, selector: ([key]) => key }).map(object),
  ),
}))

function object(entries: [string, Value][]): Value {
  const made: Record<string, Value> = Object.create(null)
  for (const [key, entry] of entries) made[key] = entry
  return made
}

test('canonical: each vector -> its bytes, and back', () => {
  expect(vectors.values.length).toBeGreaterThanOrEqual(60)
  for (const vector of vectors.values) {
    expect(hex(vector.value)).toBe(vector.hex)
    expect(valuesEqual(decode(vector.hex), vector.value)).toBe(true)
  }
})

test.each(vectors.refused)(
  'canonical: bytes of no value ($why) -> refused with object, offset, got, want',
  ({ hex }) => {
    expect(() => decode(hex)).toThrow(CorruptError)
    expect(() => decode(hex)).toThrow(/^SEGMENT_CORRUPT: vector at byte \d+: .*got .*, want /)
  },
)

test('canonical: any value, as a part of a longer buffer -> the same value, with objects that have no prototype', () => {
  fc.assert(
    fc.property(value, (original) => {
      const bytes = canonicalBytes(original)
      const padded = Uint8Array.of(1, 2, 3, ...bytes, 4, 5)
      const back = decodeCanonical(padded, { object: 'x', start: 3, end: 3 + bytes.length })
      expect(valuesEqual(back, original)).toBe(true)
      expect(canonicalBytes(back)).toEqual(bytes)
      if (valueType(back) === 'object') expect(Object.getPrototypeOf(back)).toBe(null)
    }),
  )
})

test('canonical: any byte changed, added or cut -> refused, or the bytes of another value; never the same value', () => {
  fc.assert(
    fc.property(
      value,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom('flip', 'cut', 'add'),
      (v, at, x, how) => {
        const bytes = canonicalBytes(v)
        const damaged =
          how === 'cut'
            ? bytes.subarray(0, at % bytes.length)
            : how === 'add'
              ? Uint8Array.of(...bytes, x)
              : bytes.slice()
        if (how === 'flip') damaged[at % bytes.length] ^= x
        let back: Value
        try {
          back = decodeCanonical(damaged, { object: 'x' })
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptError)
          return
        }
        expect(canonicalBytes(back)).toEqual(damaged)
        expect(valuesEqual(back, v)).toBe(false)
      },
    ),
    { numRuns: 400 },
  )
})

test('canonical: an element of no bytes before another list -> refused, not read from what follows', () => {
  expect(() => decodeCanonical(Uint8Array.of(5, 0, 5), { object: 'x' })).toThrow(CorruptError)
})

test('canonical: any bytes at all -> refused, or the canonical bytes of a value', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 12 }))
  fc.assert(
    fc.property(bytes, (any) => {
      const input = Uint8Array.from(any)
      try {
        expect(canonicalBytes(decodeCanonical(input, { object: 'x' }))).toEqual(input)
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptError)
      }
    }),
    { numRuns: 500 },
  )
})

test('canonical: two values -> equal and ordered as their bytes', () => {
  fc.assert(
    fc.property(value, value, fc.boolean(), (a, other, same) => {
      const b = same ? (JSON.parse(JSON.stringify(a)) as Value) : other
      const order = compareBytes(canonicalBytes(a), canonicalBytes(b))
      expect(Math.sign(compareValues(a, b))).toBe(Math.sign(order))
      expect(valuesEqual(a, b)).toBe(order === 0)
    }),
    { numRuns: 300 },
  )
})

test('canonical: two numbers -> bytes in the order of numbers', () => {
  fc.assert(
    fc.property(number, number, (a, b) => {
      expect(Math.sign(compareBytes(canonicalBytes(a), canonicalBytes(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
    }),
  )
})

test('canonical: what is no value -> a defect, not bytes', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, [Number.NEGATIVE_INFINITY]]) {
    expect(() => canonicalBytes(bad)).toThrow('BUG')
  }
  let deep: Value = []
  for (let depth = 1; depth < canonicalDepthMax; depth++) deep = [deep]
  expect(decode(hex(deep))).toEqual(deep)
  expect(() => canonicalBytes([deep])).toThrow('nested deeper than 64')
})

test('values: a key that every object inherits -> only equal where both own it', () => {
  const inherited: Value = JSON.parse('{"__proto__":{}}')
  expect(valuesEqual(inherited, { x: 1 })).toBe(false)
  expect(valuesEqual({ toString: 1 }, { x: 1 })).toBe(false)
  expect(valuesEqual(inherited, JSON.parse('{"__proto__":{}}'))).toBe(true)
})

test('values: types that look alike -> never equal', () => {
  const alike: Value[] = [null, false, 0, '0', 'false', 'null', '', [], {}, [null], [0], { 0: 0 }]
  for (const a of alike) for (const b of alike) expect(valuesEqual(a, b)).toBe(a === b)
  expect(alike.map(valueType).join(' ')).toBe(
    'null boolean number string string string string list object list list object',
  )
})
