import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalBytes } from '../../schema/canonical.ts'
import { compareRank, type Ranked, TopGroups } from './rank.ts'

const value = fc.constantFrom(undefined, null, true, 0, -1, 7, '', 'a', 'é', '\u{1f600}', ['a'], { k: 1 })
const group: fc.Arbitrary<Ranked> = fc.record({ key: fc.tuple(value, value), events: fc.nat(3) })

/** The order as the page words it, by bytes. */
function byPage(a: Ranked, b: Ranked): number {
  if (a.events !== b.events) return b.events - a.events
  const texts = ({ key }: Ranked) =>
    key.map((one) => (one === undefined ? Buffer.alloc(0) : Buffer.from(canonicalBytes(one))))
  const [left, right] = [texts(a), texts(b)]
  return Buffer.compare(left[0]!, right[0]!) || Buffer.compare(left[1]!, right[1]!)
}

test('rank: most events first, then canonical bytes, missing first; the top is the front of that order (QRY-1)', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(group, {
        maxLength: 60,
        selector: ({ key }) => JSON.stringify(key.map((one) => one ?? [String(one)])),
      }),
      fc.integer({ min: 1, max: 20 }),
      (groups, limit) => {
        const want = [...groups].sort(byPage)
        expect([...groups].sort(compareRank)).toEqual(want)
        const top = new TopGroups(limit)
        for (const one of groups) top.add(one)
        expect(top.sorted()).toEqual(want.slice(0, limit))
      },
    ),
    { numRuns: 500 },
  )
})
