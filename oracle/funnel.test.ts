/** Vectors F1 to F9 of the query page: chains by enumeration, by the linear search, and the totals that only the oracle computes yet. */
import { describe, expect, test } from 'vitest'
import { attempts } from './brute/attempts.ts'
import { entryTime, levelOf } from './brute/funnel.ts'
import type { Json, StoredEvent } from './event.ts'
import { levelLinear } from './linear/funnel.ts'
import type { FunnelQuery } from './query.ts'

const minute = 60_000
const hour = 60 * minute

/** `[name, time]` or `[name, time, properties]` of one user. */
type Spec = readonly [string, number] | readonly [string, number, { [key: string]: Json }]

function user(specs: readonly Spec[]): StoredEvent[] {
  return specs.map(([event, time, properties], i) => ({
    project: 'p',
    event,
    distinct_id: 'u',
    time,
    insert_id: `i${i}`,
    properties: properties ?? {},
    position: { partition: 0, offset: i, index: 0 },
    duplicate: false,
  }))
}

function steps(names: string, options: Partial<FunnelQuery>): FunnelQuery {
  return {
    type: 'funnel',
    project: 'p',
    from: 0,
    to: 1e9,
    steps: [...names].map((name) => ({ events: [name] })),
    ...options,
  }
}

interface Vector {
  id: string
  events: readonly Spec[]
  steps: string
  windowMs?: number
  graceMs?: number
  first: number
  latest: number
}

const vectors: readonly Vector[] = [
  {
    id: 'F1',
    events: [
      ['A', 13 * hour],
      ['A', 13 * hour + 30 * minute],
      ['B', 13 * hour + 45 * minute],
      ['C', 14 * hour + 15 * minute],
    ],
    steps: 'ABC',
    windowMs: hour,
    first: 2,
    latest: 3,
  },
  {
    id: 'F2',
    events: [
      ['A', 0],
      ['A', 101],
      ['B', 102],
    ],
    steps: 'AB',
    windowMs: 100,
    first: 1,
    latest: 2,
  },
  {
    id: 'F3',
    events: [
      ['A', 0],
      ['A', 50],
      ['B', 120],
    ],
    steps: 'AB',
    windowMs: 100,
    first: 1,
    latest: 2,
  },
  {
    id: 'F4',
    events: [
      ['A', 0],
      ['A', 10],
      ['A', 20],
      ['B', 30],
    ],
    steps: 'AB',
    windowMs: 100,
    first: 2,
    latest: 2,
  },
  { id: 'F5', events: [...'ABDCDE'].map((name, i) => [name, i] as const), steps: 'ABCDE', first: 5, latest: 5 },
  { id: 'F6', events: [...'ABCE'].map((name, i) => [name, i] as const), steps: 'ABCDE', first: 3, latest: 3 },
  {
    id: 'F9',
    events: [
      ['B', 0],
      ['A', 1500],
    ],
    steps: 'AB',
    first: 1,
    latest: 1,
  },
  {
    id: 'F9 with grace',
    events: [
      ['B', 0],
      ['A', 1500],
    ],
    steps: 'AB',
    graceMs: 2000,
    first: 2,
    latest: 2,
  },
  {
    id: 'window edge',
    events: [
      ['A', 0],
      ['B', 100],
    ],
    steps: 'AB',
    windowMs: 100,
    first: 2,
    latest: 2,
  },
  {
    id: 'tie against the order of steps',
    events: [
      ['B', 5],
      ['A', 5],
    ],
    steps: 'AB',
    first: 2,
    latest: 2,
  },
  { id: 'one event, two steps', events: [['A', 0]], steps: 'AA', first: 1, latest: 1 },
  {
    id: 'two events, two equal steps',
    events: [
      ['A', 0],
      ['A', 0],
    ],
    steps: 'AA',
    first: 2,
    latest: 2,
  },
]

describe('oracle funnel', () => {
  for (const vector of vectors) {
    test(`oracle funnel: vector ${vector.id} -> first ${vector.first}, latest ${vector.latest}`, () => {
      for (const entry of ['first', 'latest'] as const) {
        const { windowMs, graceMs } = vector
        const query = steps(vector.steps, {
          entry,
          ...(windowMs !== undefined && { windowMs }),
          ...(graceMs !== undefined && { graceMs }),
        })
        expect(levelOf(user(vector.events), query)).toBe(vector[entry])
        expect(levelLinear(user(vector.events), query)).toBe(vector[entry])
      }
    })
  }

  test('oracle funnel: vector F4 -> time-to-convert starts at the first A, or at the last', () => {
    const events = user([
      ['A', 0],
      ['A', 10],
      ['A', 20],
      ['B', 30],
    ])
    expect(entryTime(events, steps('AB', { windowMs: 100 }))).toBe(0)
    expect(entryTime(events, steps('AB', { windowMs: 100, entry: 'latest' }))).toBe(20)
    expect(entryTime(user([['B', 0]]), steps('AB', {}))).toBeUndefined()
  })

  test('oracle funnel: vector F7, totals excluding A between A and B -> 2 entries, 1 conversion', () => {
    const events = user([
      ['A', 0],
      ['A', 1],
      ['A', 2],
      ['B', 3],
    ])
    const rules = { steps: [{ events: ['A'] }, { events: ['B'] }], windowMs: hour, exclude: { events: ['A'] } }
    expect(attempts(events, rules)).toEqual([
      { entry: 0, held: undefined, converted: false },
      { entry: 2, held: undefined, converted: true },
    ])
  })

  test('oracle funnel: vector F8, totals by the item of the entry -> entries shirt and shoes, conversion shirt', () => {
    const events = user([
      ['Browse', 0, { item: 'shirt' }],
      ['Browse', 1, { item: 'jeans' }],
      ['Add', 2],
      ['Browse', 3, { item: 'shoes' }],
    ])
    const rules = { steps: [{ events: ['Browse'] }, { events: ['Add'] }], windowMs: hour, held: { property: 'item' } }
    expect(attempts(events, rules)).toEqual([
      { entry: 0, held: 'shirt', converted: true },
      { entry: 3, held: 'shoes', converted: false },
    ])
  })

  test('oracle funnel: an attempt that runs out of its window -> the event past it may start the next', () => {
    const rules = { steps: [{ events: ['A'] }, { events: ['B'] }], windowMs: 10 }
    expect(
      attempts(
        user([
          ['A', 0],
          ['A', 11],
          ['B', 12],
        ]),
        rules,
      ).map((attempt) => attempt.converted),
    ).toEqual([false, true])
  })

  test('oracle funnel: events that fit several steps -> the search finds the assignment where greed would fail', () => {
    const overlap = steps('', { steps: [{ events: ['X'] }, { events: ['A', 'B'] }, { events: ['B'] }] })
    const events = user([
      ['X', 0],
      ['B', 0],
      ['A', 0],
    ])
    expect(levelOf(events, overlap)).toBe(3)
    expect(levelLinear(events, overlap)).toBe(3)
  })
})
