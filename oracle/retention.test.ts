import { describe, expect, test } from 'vitest'
import { retention } from './brute/retention.ts'
import type { StoredEvent } from './event.ts'
import { retentionLinear } from './linear/retention.ts'
import type { RetentionQuery } from './query.ts'

const day = 86_400_000
const start = Date.UTC(2026, 0, 5)

function events(specs: readonly (readonly [string, number, string?])[]): StoredEvent[] {
  return specs.map(([event, time, user], i) => ({
    project: 'p',
    event,
    distinct_id: user ?? 'u',
    time: start + time,
    insert_id: `i${i}`,
    properties: { n: i },
    position: { partition: 0, offset: i, index: 0 },
    duplicate: false,
  }))
}

function ask(options: Partial<RetentionQuery>): RetentionQuery {
  return {
    type: 'retention',
    project: 'p',
    from: start,
    to: start + 2 * day,
    birth: { events: ['A'] },
    return: { events: ['B'] },
    unit: 'day',
    count: 2,
    ...options,
  }
}

/** Both ways to compute it, which must agree. */
function both(some: readonly StoredEvent[], query: RetentionQuery) {
  const result = retention(some, query)
  expect(retentionLinear(some, query)).toEqual(result)
  return result
}

describe('oracle retention', () => {
  test('oracle retention: rolling days -> 24 hours from the birth, later intervals count for earlier ones', () => {
    const some = events([
      ['A', 1000],
      ['B', day + 999],
      ['A', day, 'v'],
      ['B', 2 * day, 'v'],
      ['B', 3 * day, 'v'],
      ['B', 9 * day, 'v'],
    ])
    expect(both(some, ask({}))).toEqual({
      cohorts: [
        { start, users: 1, retained: [1, 0, 0] },
        { start: start + day, users: 1, retained: [1, 1, 1] },
      ],
      overall: { users: 2, retained: [2, 1, 1] },
    })
    expect(both(some, ask({ criteria: 'on' })).overall.retained).toEqual([1, 1, 1])
  })

  test('oracle retention: calendar days -> boundaries passed, and midnight belongs to the new day', () => {
    const some = events([
      ['A', day - 1],
      ['B', day],
      ['B', 3 * day - 1],
    ])
    expect(both(some, ask({ mode: 'calendar', criteria: 'on' })).overall.retained).toEqual([0, 1, 1])
  })

  test('oracle retention: equal times -> the name orders, then the log', () => {
    const birth = (names: string[], query: Partial<RetentionQuery>) =>
      both(events(names.map((name) => [name, 0] as const)), ask({ criteria: 'on', ...query })).overall.retained[0]
    expect(birth(['B', 'A'], {})).toBe(1)
    expect(birth(['A', 'B'], { birth: { events: ['B'] }, return: { events: ['A'] } })).toBe(0)
    const first = { where: { property: 'n', op: 'eq', value: 0 } } as const
    const second = { where: { property: 'n', op: 'eq', value: 1 } } as const
    expect(birth(['A', 'A'], { birth: first, return: second })).toBe(1)
    expect(birth(['A', 'A'], { birth: second, return: first })).toBe(0)
  })

  test('oracle retention: the birth itself never is a return, and a return may lie past the range', () => {
    const some = events([
      ['A', 0],
      ['A', 2 * day],
    ])
    expect(both(some, ask({ return: {}, criteria: 'on' })).overall.retained).toEqual([0, 0, 1])
    expect(both(some.slice(0, 1), ask({ return: {} })).overall.retained).toEqual([0, 0, 0])
  })
})
