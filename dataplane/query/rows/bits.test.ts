import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as bits from './bits.ts'

const rows = 200
/** A set of rows, as bits and as booleans. */
const set = fc.array(fc.boolean(), { minLength: rows, maxLength: rows }).map((flags) => {
  const words = new Uint32Array(bits.wordsFor(rows))
  flags.forEach((flag, i) => {
    if (flag) words[i >>> 5]! |= 1 << (i & 31)
  })
  return { flags, words }
})
const range = fc.tuple(fc.nat(rows), fc.nat(rows)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
const flagsOf = (words: Uint32Array): boolean[] =>
  Array.from({ length: rows }, (_, i) => (words[i >>> 5]! & (1 << (i & 31))) !== 0)
const inside = (i: number, [start, end]: readonly [number, number]): boolean => i >= start && i < end

test('bits: counts, tests and lists of a range are those of its flags (QRY-1)', () => {
  fc.assert(
    fc.property(set, range, ({ flags, words }, at) => {
      const want = flags.flatMap((flag, i) => (flag && inside(i, at) ? [i] : []))
      expect(bits.popcount(words, ...at)).toBe(want.length)
      expect(bits.anyBit(words, ...at)).toBe(want.length > 0)
      const out = new Uint32Array(rows)
      expect([...out.subarray(0, bits.listBits(words, ...at, out))]).toEqual(want)
    }),
  )
})

test('bits: filling, emptying, trimming and inverting a range touch no other row (QRY-1)', () => {
  fc.assert(
    fc.property(set, range, ({ flags, words }, at) => {
      const after = (change: (words: Uint32Array) => void): boolean[] => {
        const copy = words.slice()
        change(copy)
        return flagsOf(copy)
      }
      expect(after((copy) => bits.setRange(copy, ...at))).toEqual(flags.map((flag, i) => flag || inside(i, at)))
      expect(after((copy) => bits.clearRange(copy, ...at))).toEqual(flags.map((flag, i) => flag && !inside(i, at)))
      if (at[0] === at[1]) return
      const touched = [(at[0] >>> 5) << 5, bits.wordsFor(at[1]) << 5] as const
      const kept = (i: number): boolean => !inside(i, touched) && flags[i]!
      expect(after((copy) => bits.trimRange(copy, ...at))).toEqual(
        flags.map(
          (flag, i) =>
            kept(i) || (flag && (inside(i, at) || (i >>> 5 !== at[0] >>> 5 && i >>> 5 !== (at[1] - 1) >>> 5))),
        ),
      )
      expect(after((copy) => bits.notRange(copy, ...at))).toEqual(
        flags.map((flag, i) => kept(i) || (!flag && inside(i, at))),
      )
    }),
  )
})

test('bits: and, or and and-not work row by row (QRY-1)', () => {
  fc.assert(
    fc.property(set, set, (left, right) => {
      const after = (change: typeof bits.andWords): boolean[] => {
        const copy = left.words.slice()
        change(copy, right.words, 0, rows)
        return flagsOf(copy)
      }
      expect(after(bits.andWords)).toEqual(left.flags.map((flag, i) => flag && right.flags[i]!))
      expect(after(bits.orWords)).toEqual(left.flags.map((flag, i) => flag || right.flags[i]!))
      expect(after(bits.andNotWords)).toEqual(left.flags.map((flag, i) => flag && !right.flags[i]!))
    }),
  )
})

test('bits: a row is set where its code passes, wherever the block begins (QRY-1)', () => {
  const codes = fc.array(fc.nat(5), { maxLength: 100 })
  fc.assert(
    fc.property(codes, fc.nat(99), fc.array(fc.nat(1), { minLength: 6, maxLength: 6 }), (row, at, pass) => {
      const words = new Uint32Array(bits.wordsFor(rows))
      bits.setWherePass(words, at, { pass: Uint8Array.from(pass), codes: Uint32Array.from(row), count: row.length })
      expect(flagsOf(words)).toEqual(Array.from({ length: rows }, (_, i) => pass[row[i - at] ?? -1] === 1))
    }),
  )
})
