import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../sim/random.ts'
import { DayFilter } from './day-filter.ts'
import { dedupeKeys } from './key.ts'
import vectors from './key.vectors.json' with { type: 'json' }
import { columnsOf, type IdentityRow } from './samples.ts'
import { TailKeys } from './tail-keys.ts'

const all = (count: number) => Uint32Array.from({ length: count }, (_, row) => row)
const keyOf = (keys: Uint32Array, row: number) => ({ word0: keys[2 * row]!, word1: keys[2 * row + 1]! })

describe('dedupe key', () => {
  test('the vectors of ADR 0003 hold, each alone and all in one block', () => {
    const rows = vectors.map(({ distinct_id, event, insert_id }) => ({ user: distinct_id, event, id: insert_id }))
    const hex = (keys: Uint32Array) => Array.from(keys, (word) => word.toString(16).padStart(8, '0'))
    expect(hex(dedupeKeys(columnsOf(rows), all(rows.length)))).toEqual(vectors.flatMap(({ key }) => key))
    for (const [i, row] of rows.entries()) expect(hex(dedupeKeys(columnsOf([row]), all(1)))).toEqual(vectors[i]!.key)
    expect(hex(dedupeKeys(columnsOf(rows), Uint32Array.of(3)))).toEqual(vectors[3]!.key)
  })
})

describe('day filter', () => {
  test('a key that was added is always seen, across growth, the all-zero key too (DED-1)', () => {
    const filter = new DayFilter()
    const random = new SeededRandom(1)
    const keys = Array.from({ length: 20_000 }, () => [random.uint32(), random.uint32()] as const)
    keys.push([0, 0], [0, 1], [1, 0], [7, 0xffffffff], [0xffffffff, 0])
    const wrong = keys.filter(
      ([a, b]) => filter.has(a, b) || !filter.add(a, b) || filter.add(a, b) || !filter.has(a, b),
    )
    expect(wrong).toEqual([])
    expect(keys.filter(([a, b]) => !filter.has(a, b))).toEqual([])
    expect(filter.size).toBe(keys.length)
  })

  test('at most 1 in 100,000 of new keys is taken for seen, with keys as they come', () => {
    const random = new SeededRandom(2)
    const id = () =>
      [8, 4, 4, 4, 12].map((n) => Array.from({ length: n }, () => random.below(16).toString(16)).join('')).join('-')
    const rows = Array.from({ length: 60_000 }, () => ({
      user: `u${random.below(500)}`,
      event: `e${random.below(20)}`,
      id: id(),
    }))
    const keys = dedupeKeys(columnsOf(rows), all(rows.length))
    const filter = new DayFilter()
    let wrong = 0
    for (let i = 0; i < keys.length; i += 2) if (!filter.add(keys[i]!, keys[i + 1]!)) wrong++
    // A million probes with keys that share a word with one that is there: what a hash that kept fewer bits would mistake.
    for (let i = 0; i < 1_000_000; i++) {
      const at = 2 * random.below(rows.length)
      const [a, b] = i & 1 ? [keys[at]!, random.uint32()] : [random.uint32(), keys[at + 1]!]
      if (filter.has(a, b)) wrong++
    }
    expect(wrong / 1_060_000).toBeLessThanOrEqual(1e-5)
  })

  test('memory is at most 26 bytes a key beyond the first few, and none is spent twice when the count is known', () => {
    const filter = new DayFilter()
    const random = new SeededRandom(3)
    for (let i = 0; i < 10_000; i++) filter.add(random.uint32(), random.uint32())
    expect(filter.bytes / filter.size).toBeLessThan(26)
    const known = new DayFilter(10_000)
    const before = known.bytes
    for (let i = 0; i < 10_000; i++) known.add(random.uint32(), random.uint32())
    expect(known.bytes).toBe(before)
  })
})

describe('tail keys', () => {
  const rows: IdentityRow[] = [
    { user: 'u1', event: 'A', id: 'x-1' },
    { user: 'u1', event: 'A', id: '0f8fad5b-d9cb-469f-a165-70867728950e' },
    { user: 'u1', event: 'A', id: '0F8FAD5B-D9CB-469F-A165-70867728950E' },
    { user: 'u2', event: 'A', id: 'x-1' },
    { user: 'u1', event: 'B', id: 'x-1' },
  ]

  test('rows with one key and different contents are different, copies are found (DED-1)', () => {
    const columns = columnsOf(rows)
    const colliding = { word0: 5, word1: 5 }
    const tail = new TailKeys()
    for (let row = 0; row < rows.length; row++) {
      expect(tail.has(columns, row, colliding)).toBe(false)
      tail.add(columns, row, { ...colliding, record: row })
    }
    const other = columnsOf([...rows].reverse())
    for (let row = 0; row < rows.length; row++) expect(tail.has(other, row, colliding)).toBe(true)
    expect(tail.has(columnsOf([{ user: 'u2', event: 'B', id: 'x-1' }]), 0, colliding)).toBe(false)
  })

  test('what was cut is forgotten and nothing else is', () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ user: `u${i % 7}`, event: `e${i % 3}`, id: `id-${i}` }))
    const columns = columnsOf(many)
    const keys = dedupeKeys(columns, all(many.length))
    const tail = new TailKeys()
    for (let row = 0; row < many.length; row++) tail.add(columns, row, { ...keyOf(keys, row), record: row >>> 1 })
    tail.dropCut((record) => record % 3 === 0)
    expect(tail.size).toBe(200)
    for (let row = 0; row < many.length; row++) {
      expect(tail.has(columns, row, keyOf(keys, row))).toBe((row >>> 1) % 3 !== 0)
    }
    tail.add(columns, 0, { ...keyOf(keys, 0), record: 999 })
    expect(tail.has(columns, 0, keyOf(keys, 0))).toBe(true)
  })

  test('equals a plain set of texts under any sequence of rows', () => {
    const row = fc.record({
      user: fc.constantFrom('', 'a', 'ab'),
      event: fc.constantFrom('c', 'bc', ''),
      id: fc.constantFrom('x', 'y', '00000000000000000000000000000000', '00000000-0000-0000-0000-000000000000'),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const columns = columnsOf(rows)
        const keys = dedupeKeys(columns, all(rows.length))
        const [tail, model] = [new TailKeys(), new Set<string>()]
        for (const [i, { user, event, id }] of rows.entries()) {
          const text = JSON.stringify([user, event, id])
          expect(tail.has(columns, i, keyOf(keys, i))).toBe(model.has(text))
          if (!model.has(text)) tail.add(columns, i, { ...keyOf(keys, i), record: i })
          model.add(text)
        }
      }),
    )
  })
})
