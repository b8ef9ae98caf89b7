import { describe, expect, test } from 'vitest'
import type { FunnelQuery, SegmentationQuery } from '../../oracle/query.ts'
import { firstDifference } from './difference.ts'
import { Judge } from './judge.ts'

const time = Date.UTC(2026, 0, 1)

function line(name: string, user: string, id: string, offset = 0): string {
  return JSON.stringify({
    event: name,
    properties: { time: time + offset, distinct_id: user, $insert_id: id, plan: id },
  })
}

const range = { project: 'p', from: time, to: time + 86_400_000 }
const total: SegmentationQuery = { ...range, type: 'segmentation', select: {}, measure: 'total' }

describe('judge', () => {
  test('judge: the same event twice, the second time altered -> counts once, as it came first (DED-1)', () => {
    const judge = new Judge('p')
    judge.take([line('A', 'u', '1', 0), line('A', 'u', '2', 1)])
    judge.take([line('A', 'u', '1', 5)])
    expect(judge.visible()).toBe(2)
    const late: SegmentationQuery = { ...total, from: time + 5 }
    expect(judge.answer(late)).toMatchObject({ overall: { events: 0 } })
  })

  test('judge: events after an answer -> are in the next one', () => {
    const judge = new Judge('p')
    judge.take([line('A', 'u', '1')])
    expect(judge.answer(total)).toMatchObject({ overall: { events: 1 } })
    judge.take([line('B', 'u', '2', 1)])
    const funnel: FunnelQuery = { ...range, type: 'funnel', steps: [{ events: ['A'] }, { events: ['B'] }] }
    expect(judge.answer(funnel)).toEqual({ steps: [{ users: 1 }, { users: 1 }] })
    expect(judge.visible()).toBe(2)
  })

  test.each([
    [
      'a number',
      { steps: [{ users: 3 }] },
      { steps: [{ users: 4 }] },
      'result.steps[0].users: the cluster says 3, the oracle 4',
    ],
    ['one entry more', { steps: [1, 2] }, { steps: [1] }, 'result.steps[1]: the cluster says 2, the oracle nothing'],
    ['one entry fewer', { a: 1 }, { a: 1, b: null }, 'result.b: the cluster says nothing, the oracle null'],
    ['null and 0', { total: null }, { total: 0 }, 'result.total: the cluster says null, the oracle 0'],
    ['a list and an object', [], {}, 'result: a list on one side only'],
  ])('judge: answers that differ by %s -> said where', (_what, got, want, message) => {
    expect(firstDifference(got, want)).toBe(message)
  })

  test('judge: equal answers with keys in another order -> no difference', () => {
    expect(firstDifference({ a: [1, { b: null, c: 'x' }] }, { a: [1, { c: 'x', b: null }] })).toBeUndefined()
  })
})
