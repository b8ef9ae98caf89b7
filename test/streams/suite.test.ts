import { describe, expect, test } from 'vitest'
import type { Query } from '../../oracle/query.ts'
import { alterOne } from './alter.ts'
import { profileOf } from './profile.ts'
import { questionsOf } from './questions.ts'
import { streamNames } from './suite.ts'

/** A small stream with the properties of the real ones: three names, few labels, many paths, numbers, nulls. */
const events = Array.from({ length: 3000 }, (_, i) => ({
  project: 'p',
  event: i % 8 === 0 ? 'Signed' : i % 3 === 0 ? 'Authored' : 'Touched',
  distinct_id: `u${(i * i) % 37}`,
  time: Date.UTC(2026, 0, 1) + i * 600_000,
  insert_id: `i${i}`,
  properties: {
    dir: `d${(i * 7) % 5}`,
    path: `src/${i % 400}.ts`,
    area: i % 4 === 0 ? null : `a${i % 6}`,
    files: i % 9,
    self: i % 2 === 0,
  },
  position: { partition: 0, offset: i, index: 0 },
  duplicate: false,
}))

describe('streams', () => {
  const profile = profileOf('p', events)
  const all = streamNames.flatMap((_, index) => questionsOf(profile, index))

  test('streams: eight streams -> forty questions, ten of each type, all different', () => {
    const types = Map.groupBy(all, (query: Query) => query.type)
    expect([...types].map(([type, some]) => [type, some.length]).sort()).toEqual([
      ['export', 10],
      ['funnel', 10],
      ['retention', 10],
      ['segmentation', 10],
    ])
    expect(new Set(all.map((query) => JSON.stringify(query))).size).toBe(40)
  })

  test('streams: the same data -> the same questions', () => {
    expect(streamNames.flatMap((_, index) => questionsOf(profileOf('p', events), index))).toEqual(all)
  })

  test('streams: a query that counts nothing -> no event to alter is found', () => {
    const nothing: Query = { type: 'segmentation', project: 'p', from: 0, to: 1, select: {}, measure: 'total' }
    expect(() => alterOne(events, nothing)).toThrow('no event that the segmentation counts')
    const [, funnel] = all
    const { index, altered } = alterOne(events, funnel)
    expect(altered).not.toEqual(events[index])
  })
})
