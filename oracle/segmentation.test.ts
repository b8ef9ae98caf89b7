import { describe, expect, test } from 'vitest'
import { segmentation } from './brute/segmentation.ts'
import type { Json, StoredEvent } from './event.ts'
import { exported } from './export.ts'
import { segmentationLinear } from './linear/segmentation.ts'
import { placementHash } from './placement.ts'
import type { Measure, SegmentationQuery } from './query.ts'

const hour = 3_600_000
const start = Date.UTC(2026, 0, 5)

function events(specs: readonly (readonly [string, number, { [key: string]: Json }?, string?])[]): StoredEvent[] {
  return specs.map(([user, time, properties, event], i) => ({
    project: 'p',
    event: event ?? 'A',
    distinct_id: user,
    time: start + time,
    insert_id: `i${i}`,
    properties: properties ?? {},
    position: { partition: 0, offset: i, index: 0 },
    duplicate: false,
  }))
}

function ask(options: Partial<SegmentationQuery>): SegmentationQuery {
  return {
    type: 'segmentation',
    project: 'p',
    from: start,
    to: start + 2 * hour,
    select: {},
    measure: 'total',
    ...options,
  }
}

/** Both ways to compute it, which must agree. */
function both(some: readonly StoredEvent[], query: SegmentationQuery) {
  const result = segmentation(some, query)
  expect(segmentationLinear(some, query)).toEqual(result)
  return result
}

describe('oracle segmentation', () => {
  const some = events([
    ['u', 0, { n: 0.1, k: 'x' }],
    ['u', 1, { n: 0.2, k: 'x' }],
    ['v', hour, { n: 0.3, k: null }],
    ['', hour, { n: '9', k: 1 }],
    ['w', 2 * hour, { n: 100 }],
    ['w', -1, { n: 100 }],
  ])

  test.each<[Measure, (number | null)[], number | null]>([
    ['total', [2, 2], 4],
    ['unique', [1, 1], 2],
    ['perUser', [2, 1], 1.5],
    [{ sum: { property: 'n' } }, [0.30000000000000004, 0.3], 0.6],
    [{ average: { property: 'n' } }, [0.15000000000000002, 0.3], 0.19999999999999998],
    [{ min: { property: 'n' } }, [0.1, 0.3], 0.1],
    [{ max: { property: 'n' } }, [0.2, 0.3], 0.3],
    [{ max: { property: 'absent' } }, [null, null], null],
  ])('oracle segmentation: measure %j by hour -> values %j, total %s', (measure, values, total) => {
    const { overall, buckets } = both(some, ask({ measure, unit: 'hour' }))
    expect(buckets).toEqual([start, start + hour])
    expect(overall).toEqual({ events: 4, values, total })
  })

  test('oracle segmentation: groups of equal size -> missing first, then canonical bytes; the rest is other', () => {
    const mixed = events([
      ['u', 0, { k: 'b' }],
      ['u', 0, { k: 'a' }],
      ['u', 0, { k: 10 }],
      ['v', 0],
      ['u', 0, { k: 'c' }],
      ['u', 0, { k: 'c' }],
      ['u', 0, { k: null }],
    ])
    const result = both(mixed, ask({ measure: 'unique', breakdown: [{ property: 'k' }], limit: 4 }))
    expect(result.groups.map((group) => group.key)).toEqual([
      [{ value: 'c' }],
      [{}],
      [{ value: null }],
      [{ value: 10 }],
    ])
    expect(result.other).toEqual({ groups: 2, events: 2, values: [1], total: 1 })
  })

  test('oracle export: day, then name, then hash, then user, time and position', () => {
    const rows = exported(
      events([
        ['u', 24 * hour],
        ['u', 5, {}, 'B'],
        ['u', 4],
        ['u', 3],
        ['u', 3],
      ]),
      { type: 'export', project: 'p', from: start, to: start + 48 * hour, select: {} },
    )
    expect(rows.map((row) => row.insert_id)).toEqual(['i3', 'i4', 'i2', 'i1', 'i0'])
  })

  test('oracle export: users of one name -> by hash, not by id', () => {
    const users = ['a', 'b', 'c', 'd', 'e', 'f']
    const rows = exported(events(users.map((user) => [user, 0] as const)), {
      type: 'export',
      project: 'p',
      from: start,
      to: start + 1,
      select: {},
    })
    const hashes = rows.map((row) => placementHash({ ...row, project: 'p' }))
    expect(hashes).toEqual([...hashes].sort((a, b) => a - b))
    expect(rows.map((row) => row.distinct_id)).not.toEqual(users)
  })
})
