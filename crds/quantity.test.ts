import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf, compareQuantities, thousandths } from './quantity.ts'

describe('quantity', () => {
  test.each([
    ['250m', 250n],
    ['2', 2000n],
    [2, 2000n],
    ['0.5', 500n],
    ['1.25', 1250n],
    ['0.001', 1n],
    ['1Ki', 1_024_000n],
    ['1k', 1_000_000n],
    ['1.5Gi', 1_610_612_736_000n],
    ['999999999Pi', 999_999_999n * 2n ** 50n * 1000n],
  ])('kinds: %s -> %s thousandths', (quantity, want) => {
    expect(thousandths(quantity)).toBe(want)
  })

  test.each(['', 'ten', 'Gi', '-1', '1e3', '1 Gi', '1GB', '1.2345', '٣Gi'])(
    'kinds: "%s" -> is refused by name',
    (quantity) => {
      expect(() => thousandths(quantity)).toThrow(`KIND_INVALID: quantity: got ${JSON.stringify(quantity)}`)
    },
  )

  test('kinds: any two whole quantities -> compare as their numbers, in every pair of units', () => {
    const units = { '': 1n, k: 1000n, Mi: 1n << 20n, G: 10n ** 9n, Pi: 1n << 50n }
    const one = fc.tuple(fc.integer({ min: 0, max: 999_999_999 }), fc.constantFrom(...Object.keys(units)))
    const size = ([count, unit]: [number, string]) => BigInt(count) * units[unit as keyof typeof units]
    fc.assert(
      fc.property(one, one, (a, b) => {
        const want = size(a) < size(b) ? -1 : size(a) > size(b) ? 1 : 0
        expect(compareQuantities(a.join(''), b.join(''))).toBe(want)
      }),
    )
  })

  test('kinds: part of a byte -> a whole one', () => {
    expect([bytesOf('100Gi'), bytesOf(5), bytesOf('0.5'), bytesOf('1m')]).toEqual([107_374_182_400, 5, 1, 1])
  })

  test('kinds: sizes in bytes, decimal and binary -> as Kubernetes counts them, also terabytes written as bytes', () => {
    const sizes = ['10Gi', '1.5Ki', '2k', '5M', '1024', 7, '1099511627776'].map(bytesOf)
    expect(sizes).toEqual([10 * 2 ** 30, 1536, 2000, 5_000_000, 1024, 7, 2 ** 40])
  })
})
