import { describe, expect, test } from 'vitest'
import { shardLimits } from '../../core/limits.ts'
import { planMerge } from '../run/merge-policy.ts'
import { type CutState, decideCut } from './policy.ts'

const state: CutState = {
  nowMs: 100_000,
  isPrimary: true,
  tailRows: 10,
  oldestRowMs: 90_000,
  committedMs: 20_000,
  isAhead: true,
}
const decide = (changes: Partial<CutState>) => decideCut({ ...state, ...changes }, shardLimits)

describe('policy of cuts', () => {
  test.each<[string, Partial<CutState>, unknown]>([
    ['young rows wait', {}, { kind: 'wait', ms: 1000 }],
    ['for no longer than they need', { nowMs: 149_600 }, { kind: 'wait', ms: 400 }],
    ['rows of a minute are cut', { nowMs: 150_000 }, { kind: 'cut', reason: 'age' }],
    ['many rows are cut at once', { tailRows: 524_288 }, { kind: 'cut', reason: 'size' }],
    [
      'nothing applied, nothing to do',
      { isAhead: false, tailRows: 0, oldestRowMs: undefined },
      { kind: 'wait', ms: 1000 },
    ],
    ['only rows that wait to be decided', { isAhead: false, nowMs: 1e9 }, { kind: 'wait', ms: 1000 }],
    ['many rows behind one that waits', { isAhead: false, tailRows: 524_288 }, { kind: 'wait', ms: 1000 }],
    ['an idle shard moves its offsets', { tailRows: 0, oldestRowMs: undefined }, { kind: 'advance' }],
    ['once an interval', { tailRows: 0, oldestRowMs: undefined, committedMs: 60_000 }, { kind: 'wait', ms: 1000 }],
    ['another replica waits', { isPrimary: false, nowMs: 150_000 }, { kind: 'wait', ms: 1000 }],
    ['for three intervals', { isPrimary: false, nowMs: 270_000 }, { kind: 'cut', reason: 'age' }],
    ['or three times the rows', { isPrimary: false, tailRows: 3 * 524_288 }, { kind: 'cut', reason: 'size' }],
    ['and not less', { isPrimary: false, tailRows: 2 * 524_288 }, { kind: 'wait', ms: 1000 }],
  ])('cut policy: %s', (_, changes, decision) => {
    expect(decide(changes)).toEqual(decision)
  })
})

describe('policy of merges', () => {
  test.each<[string, number[], unknown]>([
    ['three of a class stay', [10, 20, 30], undefined],
    ['four of a class merge', [10, 20, 30, 40], { start: 0, end: 4 }],
    ['a larger one before them stays', [9000, 10, 20, 30, 40], { start: 1, end: 5 }],
    ['small ones before a larger one merge along', [10, 9000, 9000, 9000], { start: 0, end: 4 }],
    ['the newest class goes first', [9000, 9000, 9000, 9000, 1, 1, 1, 1], { start: 4, end: 8 }],
  ])('merge policy: %s', (_, rows, plan) => {
    expect(planMerge(rows)).toEqual(plan)
  })

  test('merge policy: any stream of runs -> few runs, and each row is rewritten seldom', () => {
    let runs: number[] = []
    let [rewritten, total] = [0, 0]
    for (let i = 0; i < 2000; i++) {
      const rows = 1 + ((i * 7919) % 8192)
      total += rows
      runs.push(rows)
      for (let plan = planMerge(runs); plan !== undefined; plan = planMerge(runs)) {
        const merged = runs.slice(plan.start, plan.end).reduce((sum, count) => sum + count, 0)
        rewritten += merged
        runs = runs.toSpliced(plan.start, plan.end - plan.start, merged)
      }
      expect(runs.length).toBeLessThanOrEqual(3 * 8)
    }
    expect(rewritten / total).toBeLessThan(7)
  })
})
