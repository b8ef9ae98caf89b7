/**
 * Random large cases: thousands of events, so that stripes have blocks, properties of users are stored once per user,
 * and what a small case never reaches is reached. Ties and copies stay frequent: times are of 11 ms or whole seconds.
 */
import fc from 'fast-check'
import type { Json, SentEvent } from '../../oracle/event.ts'
import type { Query } from '../../oracle/query.ts'
import { type Around, arounds, hour, names, project, queries } from './random-queries.ts'
import { generator } from './shuffle.ts'

export interface LargeCase {
  readonly events: readonly SentEvent[]
  readonly queries: readonly Query[]
  readonly seed: string
}

/** `count` events from a seed (they would not shrink well), and drawn queries. */
export function largeCases(options: { count: number; queries: number }): fc.Arbitrary<LargeCase> {
  return arounds.chain((around) =>
    fc
      .record({
        seed: fc.string(),
        queries: fc.array(queries(around), { minLength: 1, maxLength: options.queries, size: 'max' }),
      })
      .map(({ seed, queries: some }) => ({ seed, queries: some, events: largeEvents(around, seed, options.count) })),
  )
}

/** Values that drawn filters ask for. */
const plans: readonly Json[] = ['a', 'ab', '1', null, 2]
const mixed: readonly Json[] = ['a', 'b', 'ab', 1, true, null, [1], { k: 'a' }, '2026-01-01']

function largeEvents(around: Around, seed: string, count: number): SentEvent[] {
  const next = generator(seed)
  const pick = <T>(some: readonly T[]): T => some[next(some.length)]
  const events: SentEvent[] = []
  for (let i = 0; i < count; i++) {
    if (i > 0 && next(20) === 0) {
      const { time, ...copied } = pick(events)
      events.push({ ...copied, time: time + pick([0, 0, 1, 1000]) })
      continue
    }
    const user = next(4) === 0 ? 'u1' : next(40) === 0 ? '' : `w${next(60)}`
    const ms = next(3) === 0 ? next(11) : next(26 * 3600) * 1000
    events.push({
      project,
      event: next(50) === 0 ? pick(names) : pick(['A', 'A', 'A', 'B', 'B', 'C']),
      distinct_id: user,
      time: around.base - pick([0, 0, 0, hour]) + ms,
      insert_id: `i${i}`,
      properties: propertiesOf(user, next, pick),
    })
  }
  return events
}

function propertiesOf(user: string, next: (below: number) => number, pick: <T>(some: readonly T[]) => T) {
  const properties: Record<string, Json> = { q: pick(['a', 'b', 1, 2.5, null]) }
  // Of the user, with an exception now and then.
  properties.plan = next(100) === 0 ? pick(plans) : plans[(user.charCodeAt(1) + user.length) % plans.length || 0]
  if (next(3) > 0) properties.n = pick([next(1000), next(1000) / 100, next(10) * 1e16, -next(50)])
  if (next(4) === 0) properties.p = pick(mixed)
  if (next(10) === 0) properties.o = { k: pick(['a', 1, null]) }
  return properties
}
