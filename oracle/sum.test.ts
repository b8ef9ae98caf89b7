import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExactSum } from './sum.ts'

const sumOf = (numbers: readonly number[]) => {
  const sum = new ExactSum()
  for (const number of numbers) sum.add(number)
  return sum.value()
}

describe('oracle sum', () => {
  test.each<[number[], number | null]>([
    [[], 0],
    [[-0], 0],
    [[0.1, 0.2, 0.3], 0.6],
    [[1e16, 1, -1e16], 1],
    [[1e308, 1e308, -1e308], 1e308],
    [[1e308, 1e308], null],
    [[5e-324, 5e-324], 1e-323],
    [[2 ** 53, 1], 2 ** 53],
    [[2 ** 53, 1, 2 ** -60], 2 ** 53 + 2],
    [[2 ** 53, 3], 2 ** 53 + 4],
    [[Number.MAX_VALUE, 2 ** 969], Number.MAX_VALUE],
    [[Number.MAX_VALUE, 2 ** 970], null],
    [[-(2 ** 53), -1, -(2 ** -60)], -(2 ** 53) - 2],
  ])('oracle sum: %j -> rounded once, ties to even: %s', (numbers, sum) => {
    expect(sumOf(numbers)).toBe(sum)
  })

  test('oracle sum: one or two numbers -> what the processor computes, since it rounds once too', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(double, double, (a, b) => {
        const both = a + b
        expect(sumOf([a, b])).toBe(Number.isFinite(both) ? both + 0 : null)
        expect(sumOf([a])).toBe(a + 0)
      }),
    )
  })

  test('oracle sum: any order -> the same double', () => {
    const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 8 })
    fc.assert(
      fc.property(numbers, (some) => {
        expect(sumOf([...some].reverse())).toBe(sumOf(some))
      }),
    )
  })
})
