import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addSums, ExactSums, roundSum } from './exact.ts'
import { Superaccumulator } from './superaccumulator.ts'

/** The exact value of a finite double as an integer multiple of 2^-1074. */
function units(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const magnitude = exponent === 0 ? fraction : (fraction | 0x10000000000000n) << BigInt(exponent - 1)
  return bits >> 63n === 1n ? -magnitude : magnitude
}

/** Whether `value` is the nearest double to `exact` units, ties to even: compares with its two neighbours. */
function isNearest(value: number, exact: bigint): boolean {
  const largest = units(Number.MAX_VALUE)
  const half = (largest - units(largestBefore)) / 2n
  if (!Number.isFinite(value)) return value > 0 ? exact >= largest + half : -exact >= largest + half
  const distance = (other: number): bigint => {
    const d = (Number.isFinite(other) ? units(other) : (other > 0 ? 1n : -1n) * (largest + 2n * half)) - exact
    return d < 0n ? -d : d
  }
  return [up(value), -up(-value)].every(
    (other) => distance(other) > distance(value) || (distance(other) === distance(value) && isEven(value)),
  )
}

const largestBefore = -up(-Number.MAX_VALUE)

function up(value: number): number {
  if (value === 0) return Number.MIN_VALUE
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n))
  return view.getFloat64(0)
}

function isEven(value: number): boolean {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return (view.getBigInt64(0) & 1n) === 0n
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
const decimal = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 100)
const scaled = fc
  .tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -1074, max: 1020 }))
  .map(([n, e]) => n * 2 ** e)
const extreme = fc.constantFrom(
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2 ** 53,
  1,
  -1,
  2 ** -53,
)
const values = fc.array(fc.oneof(finite, decimal, scaled, extreme), { maxLength: 30 })

function sumOf(list: readonly number[]): ExactSums {
  const sums = new ExactSums(1)
  for (const value of list) sums.add(0, value)
  return sums
}

describe('sums', () => {
  test('sums: any doubles in any order give the exact sum, rounded once (QRY-1)', () => {
    fc.assert(
      fc.property(values, (list) => {
        const exact = list.reduce((sum, value) => sum + units(value), 0n)
        const rounded = sumOf(list).round(0)
        expect(isNearest(rounded, exact)).toBe(true)
        expect(sumOf([...list].reverse()).round(0)).toBe(rounded)
        const wide = new Superaccumulator()
        for (const value of list) wide.add(value)
        expect(wide.round()).toBe(rounded)
      }),
      { numRuns: 500 },
    )
  })

  test('sums: partial sums merge to the sum of all, through plain data (QRY-1)', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 4 }), (lists) => {
        const states = lists.map((list) => JSON.parse(JSON.stringify(sumOf(list).state(0))))
        expect(roundSum(addSums(states))).toBe(sumOf(lists.flat()).round(0))
      }),
    )
  })

  test('sums: cents add up, and small values are not lost beside large ones (QRY-1)', () => {
    expect(sumOf([0.1, 0.2, 0.3]).round(0)).toBe(0.6)
    expect(sumOf([1e308, 1e308, -1e308]).round(0)).toBe(1e308)
    expect(sumOf([1e300, 1, -1e300]).round(0)).toBe(1)
    expect(sumOf([2 ** 53, 1, 2 ** -1000]).round(0)).toBe(2 ** 53 + 2)
    expect(sumOf([2 ** 53, 1]).round(0)).toBe(2 ** 53)
    expect(sumOf([1e308, 1e308]).round(0)).toBe(Number.POSITIVE_INFINITY)
    expect(sumOf([]).round(0)).toBe(0)
  })

  test('sums: cells are apart and may be added while counting', () => {
    const sums = new ExactSums(1)
    sums.add(0, 1e300)
    sums.add(0, 1)
    sums.grow(3)
    sums.add(2, 5)
    expect([0, 1, 2].map((cell) => sums.round(cell))).toEqual([1e300, 0, 5])
  })
})
