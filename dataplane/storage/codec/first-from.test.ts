import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstFrom } from './first-from.ts'

test('firstFrom: any ascending numbers and value -> as a look at each one finds it', () => {
  const number = fc.integer({ min: 0, max: 12 })
  fc.assert(
    fc.property(fc.array(number, { maxLength: 20 }), fc.nat(20), number, (numbers, cut, value) => {
      const ascending = Uint32Array.from(numbers).sort()
      const count = Math.min(cut, ascending.length)
      const found = ascending.subarray(0, count).findIndex((other) => other >= value)
      expect(firstFrom(ascending, value, count)).toBe(found === -1 ? count : found)
    }),
  )
})
