import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChainLevels } from './chain.ts'
import { GraceLevels } from './grace.ts'

interface Mark {
  readonly time: number
  readonly mask: number
}

interface Rules {
  readonly steps: number
  readonly windowMs: number
  readonly entry: 'first' | 'latest'
  readonly graceMs: number
}

/** The definition of docs/reference/queries.md, by trying every chain. */
function levelByDefinition(events: readonly Mark[], { steps, windowMs, entry, graceMs }: Rules): number {
  const entries = events.filter((event) => event.mask % 2 === 1).map((event) => event.time)
  const longest = (chain: readonly number[]): number => {
    if (chain.length === steps) return steps
    const [first, last] = [events[chain[0]!]!, events[chain.at(-1)!]!]
    let level = chain.length
    events.forEach((event, i) => {
      const fits = (event.mask >> chain.length) % 2 === 1 && !chain.includes(i)
      if (fits && event.time >= last.time - graceMs && event.time <= first.time + windowMs)
        level = Math.max(level, longest([...chain, i]))
    })
    return level
  }
  const starts = events.flatMap((event, i) => {
    const may = event.mask % 2 === 1 && (entry === 'latest' || event.time === Math.min(...entries))
    return may ? [longest([i])] : []
  })
  return Math.max(0, ...starts)
}

function marksOf(events: readonly Mark[], steps: number): Float64Array {
  return Float64Array.from(events, ({ time, mask }) => time * 2 ** steps + mask).sort()
}

const rules = fc.record({
  steps: fc.integer({ min: 1, max: 5 }),
  windowMs: fc.integer({ min: 0, max: 8 }),
  entry: fc.constantFrom('first' as const, 'latest' as const),
})
/** Few times and events, so that ties dominate. */
const events = (mask: fc.Arbitrary<number>) => fc.array(fc.record({ time: fc.nat(10), mask }), { maxLength: 7 })
const within = (list: readonly Mark[], steps: number): Mark[] => {
  return list.map(({ time, mask }) => ({ time, mask: mask % 2 ** steps })).filter(({ mask }) => mask !== 0)
}

describe('funnel', () => {
  test('funnel: the level is that of the longest chain, ties and events of many steps included (QRY-1)', () => {
    fc.assert(
      fc.property(events(fc.integer({ min: 1, max: 31 })), rules, (list, rule) => {
        const own = within(list, rule.steps)
        const marks = marksOf(own, rule.steps)
        const want = levelByDefinition(own, { ...rule, graceMs: 0 })
        expect(new ChainLevels(rule).any(marks, 0, marks.length)).toBe(want)
        expect(new GraceLevels({ ...rule, graceMs: 0 }).level(marks, 0, marks.length)).toBe(want)
      }),
      { numRuns: 2000 },
    )
  })

  test('funnel: the fast way for events of one step each is the same (QRY-1)', () => {
    fc.assert(
      fc.property(events(fc.constantFrom(1, 2, 4, 8, 16)), rules, (list, rule) => {
        const own = within(list, rule.steps)
        const marks = marksOf(own, rule.steps)
        expect(new ChainLevels(rule).single(marks, 0, marks.length)).toBe(
          levelByDefinition(own, { ...rule, graceMs: 0 }),
        )
      }),
      { numRuns: 2000 },
    )
  })

  test('funnel: with grace a step may lie before the one ahead of it, each event once (QRY-1)', () => {
    const mask = fc.oneof(fc.integer({ min: 1, max: 31 }), fc.constantFrom(1, 2, 4, 8, 16))
    fc.assert(
      fc.property(events(mask), rules, fc.integer({ min: 1, max: 4 }), (list, rule, graceMs) => {
        const own = within(list, rule.steps)
        const marks = marksOf(own, rule.steps)
        const levels = new GraceLevels({ ...rule, graceMs })
        expect(levels.level(marks, 0, marks.length)).toBe(levelByDefinition(own, { ...rule, graceMs }))
      }),
      { numRuns: 2000 },
    )
  })

  test('funnel: levels of one user leave nothing behind for the next', () => {
    const rule = { steps: 2, windowMs: 10, entry: 'latest' } as const
    const marks = Float64Array.of(1 * 4 + 1, 2 * 4 + 2, 5 * 4 + 2)
    for (const levels of [new ChainLevels(rule), new GraceLevels({ ...rule, graceMs: 1 })]) {
      const level = (from: number, to: number): number =>
        'any' in levels ? levels.any(marks, from, to) : levels.level(marks, from, to)
      expect([level(0, 2), level(2, 3), level(0, 1)]).toEqual([2, 0, 1])
    }
  })

  test('funnel: many events of every step end, with grace too', () => {
    const steps = 10
    const all = Array.from({ length: 300 }, (_, i) => ({ time: i % 40, mask: (1 << (steps - 1)) - 1 }))
    const marks = marksOf(all, steps)
    const rule = { steps, windowMs: 100, entry: 'latest' } as const
    expect(new ChainLevels(rule).any(marks, 0, marks.length)).toBe(9)
    expect(new GraceLevels({ ...rule, graceMs: 3 }).level(marks, 0, marks.length)).toBe(9)
    // The last step exists, but before all others.
    const early = marksOf(
      [...all.map(({ time, mask }) => ({ time: time + 50, mask })), { time: 1, mask: 1 << 9 }],
      steps,
    )
    expect(new GraceLevels({ ...rule, graceMs: 3 }).level(early, 0, early.length)).toBe(9)
  })
})
