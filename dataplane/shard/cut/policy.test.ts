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
    ['young rows wait', {}, { kind: 'wait', ms: shardLimits.cutTickMs }],
    ['for no longer than they need', { nowMs: 149_900 }, { kind: 'wait', ms: 100 }],
    ['rows of a minute are cut', { nowMs: 150_000 }, { kind: 'cut', reason: 'age' }],
    ['many rows are cut at once', { tailRows: shardLimits.segmentRowsMax }, { kind: 'cut', reason: 'size' }],
    [
      'nothing applied, nothing to do',
      { isAhead: false, tailRows: 0, oldestRowMs: undefined },
      { kind: 'wait', ms: shardLimits.cutTickMs },
    ],
    ['only rows that wait to be decided', { isAhead: false, nowMs: 1e9 }, { kind: 'wait', ms: shardLimits.cutTickMs }],
    [
      'many rows behind one that waits',
      { isAhead: false, tailRows: shardLimits.segmentRowsMax },
      { kind: 'wait', ms: shardLimits.cutTickMs },
    ],
    ['an idle shard moves its offsets', { tailRows: 0, oldestRowMs: undefined }, { kind: 'advance' }],
    [
      'once an interval',
      { tailRows: 0, oldestRowMs: undefined, committedMs: 60_000 },
      { kind: 'wait', ms: shardLimits.cutTickMs },
    ],
    ['another replica waits', { isPrimary: false, nowMs: 150_000 }, { kind: 'wait', ms: shardLimits.cutTickMs }],
    ['for three intervals', { isPrimary: false, nowMs: 270_000 }, { kind: 'cut', reason: 'age' }],
    [
      'or three times the rows',
      { isPrimary: false, tailRows: 3 * shardLimits.segmentRowsMax },
      { kind: 'cut', reason: 'size' },
    ],
    [
      'and not less',
      { isPrimary: false, tailRows: 2 * shardLimits.segmentRowsMax },
      { kind: 'wait', ms: shardLimits.cutTickMs },
    ],
  ])('cut policy: %s', (_, changes, decision) => {
    expect(decide(changes)).toEqual(decision)
  })
})

describe('policy of merges', () => {
  const limits = { fullRunRows: 20_000, runsPerClass: 4 }
  test.each<[string, number[], unknown]>([
    ['three of a class stay', [10, 20, 30], undefined],
    ['four of a class merge', [10, 20, 30, 40], { start: 0, end: 4 }],
    ['a larger one before them stays', [9000, 10, 20, 30, 40], { start: 1, end: 5 }],
    ['small ones before a larger one merge along', [10, 9000, 9000, 9000], { start: 0, end: 4 }],
    ['the newest class goes first', [9000, 9000, 9000, 9000, 1, 1, 1, 1], { start: 4, end: 8 }],
    ['full ones stay', [20_000, 20_000, 20_000, 20_000], undefined],
    ['and keep apart what is between them', [10, 20, 20_000, 30, 40], undefined],
  ])('merge policy: %s', (_, rows, plan) => {
    expect(planMerge(rows, limits)).toEqual(plan)
  })

  const merge = (rows: readonly number[]) => {
    let runs: number[] = []
    let rewritten = 0
    for (const one of rows) {
      runs.push(one)
      for (let plan = planMerge(runs, shardLimits); plan !== undefined; plan = planMerge(runs, shardLimits)) {
        const merged = runs.slice(plan.start, plan.end).reduce((sum, count) => sum + count, 0)
        rewritten += merged
        runs = runs.toSpliced(plan.start, plan.end - plan.start, merged)
      }
    }
    return { runs: runs.length, rewrites: rewritten / rows.reduce((sum, count) => sum + count, 0) }
  }

  test('merge policy: a tail of runs that queries made -> the small ones become few, and rows are rewritten seldom', () => {
    const mixed = merge(Array.from({ length: 70 }, (_, i) => 1 + ((i * 7919) % 8192)))
    expect(mixed.runs).toBeLessThan(64)
    expect(mixed.rewrites).toBeLessThan(0.5)
    const single = merge(new Array(2000).fill(1))
    expect(single.runs).toBeLessThan(32)
    expect(single.rewrites).toBeLessThan(10)
  })

  test('merge policy: a tail that no query looked at -> nothing is rewritten before the cut', () => {
    const { segmentRowsMax, runRowsMax } = shardLimits
    expect(merge(new Array(segmentRowsMax / runRowsMax).fill(runRowsMax)).rewrites).toBe(0)
  })
})
