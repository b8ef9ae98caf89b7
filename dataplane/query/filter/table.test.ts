import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareValues } from '../../schema/compare.ts'
import type { Value } from '../../schema/value.ts'
import { findZone } from '../time/zone.ts'
import { type Condition, holds, type Leaf } from './filter.ts'
import { type Reference, resolve } from './reference.ts'
import { codeTable, mayPass, setWhereNumber } from './table.ts'

const text = fc.constantFrom('', 'a', 'ab', 'b', 'é', '\u{1f600}', '2026-01-02', '2026-01-02T03:04:05Z')
const number = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.5, Number.MIN_VALUE, Number.MAX_VALUE, 2 ** 53),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const scalar: fc.Arbitrary<Value> = fc.oneof(fc.constantFrom(null, true, false), text)
const object = fc.dictionary(fc.constantFrom('k', 'l', '__proto__'), fc.oneof(scalar, number), {
  maxKeys: 2,
  noNullPrototype: false,
})
const entry: fc.Arbitrary<Value> = fc.oneof(scalar, fc.array(fc.oneof(scalar, number), { maxLength: 2 }), object)
const value: fc.Arbitrary<Value> = fc.oneof(entry, number)

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    op: fc.constantFrom('eq' as const, 'lt' as const, 'le' as const, 'gt' as const, 'ge' as const, 'contains' as const),
    value,
  }),
  fc.record({ op: fc.constant('in' as const), values: fc.array(value, { maxLength: 4 }) }),
  fc.constant({ op: 'set' as const }),
  fc.record({
    op: fc.constant('type' as const),
    type: fc.constantFrom(
      'null' as const,
      'boolean' as const,
      'number' as const,
      'string' as const,
      'list' as const,
      'object' as const,
    ),
  }),
)
const reference: fc.Arbitrary<Reference> = fc.record({
  kind: fc.constant('property' as const),
  name: fc.constant('p'),
  path: fc.constantFrom([], ['k']),
  timeIn: fc.constantFrom(undefined, findZone('Europe/Berlin')),
})
const leaf: fc.Arbitrary<Leaf> = fc.record({ kind: fc.constant('leaf' as const), reference, condition })

const dictionaryOf = (entries: readonly Value[]): Value[] => {
  const sorted = [...entries].sort(compareValues)
  return sorted.filter((one, i) => i === 0 || compareValues(one, sorted[i - 1]!) !== 0)
}

test('filter: a table says of each code what the condition says of its value (QRY-1)', () => {
  fc.assert(
    fc.property(leaf, fc.array(entry, { maxLength: 8 }), (one, entries) => {
      const dictionary = dictionaryOf(entries)
      const table = codeTable(one, dictionary)
      const want = dictionary.map((item) => (holds(one.condition, resolve(one.reference, item)) ? 1 : 0))
      expect([...table.pass]).toEqual([0, table.pass[1], ...want])
      expect(table.anyCode).toBe(want.includes(1))
      if (table.fewCodes !== undefined)
        expect(table.fewCodes).toEqual(want.flatMap((passes, i) => (passes === 1 ? [i + 2] : [])))
    }),
    { numRuns: 1000 },
  )
})

test('filter: numbers of a column pass as the condition says, at any place of a block (QRY-1)', () => {
  fc.assert(
    fc.property(
      leaf,
      fc.array(fc.oneof(number, fc.constant(Number.NaN)), { maxLength: 80 }),
      fc.nat(40),
      (one, numbers, at) => {
        const table = codeTable(one, [])
        const want = numbers.map((item) => !Number.isNaN(item) && holds(one.condition, resolve(one.reference, item)))
        if (table.numbers === undefined) {
          const all = table.pass[1] === 1
          expect(want).toEqual(numbers.map((item) => all && !Number.isNaN(item)))
          return
        }
        const bits = new Uint32Array(4)
        setWhereNumber(bits, at, { test: table.numbers, numbers: Float64Array.from(numbers), count: numbers.length })
        expect(numbers.map((_, i) => ((bits[(at + i) >>> 5]! >>> (at + i)) & 1) === 1)).toEqual(want)
        const present = numbers.filter((item) => !Number.isNaN(item))
        // A block whose extremes allow no passing number has none.
        if (present.length > 0 && want.includes(true)) {
          expect(mayPass(table.numbers, Math.min(...present), Math.max(...present))).toBe(true)
        }
      },
    ),
    { numRuns: 1000 },
  )
})

test('filter: a block whose numbers all lie outside is skipped', () => {
  expect(mayPass({ op: 'gt', value: 5 }, 1, 5)).toBe(false)
  expect(mayPass({ op: 'ge', value: 5 }, 1, 4)).toBe(false)
  expect(mayPass({ op: 'lt', value: 1 }, 1, 5)).toBe(false)
  expect(mayPass({ op: 'le', value: 0 }, 1, 5)).toBe(false)
  expect(mayPass({ op: 'eq', value: 6 }, 1, 5)).toBe(false)
  expect(mayPass({ op: 'in', values: new Set([0, 6]) }, 1, 5)).toBe(false)
  expect(mayPass({ op: 'eq', value: 1 }, Number.NaN, Number.NaN)).toBe(false)
})
