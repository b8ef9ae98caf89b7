/**
 * Random small cases: few names, few users, times within 0 to 10 ms around few instants, so that ties, copies and day
 * edges dominate.
 *
 * Serves the property tests of the oracle (brute against linear) and of the engine (engine against oracle, QRY-1).
 */
import fc from 'fast-check'
import type { SentEvent } from '../../oracle/event.ts'
import type { Query } from '../../oracle/query.ts'
import { type Around, arounds, few, names, project, queries, times, values } from './random-queries.ts'

/** Skewed, so that one user has most events and chains get long. */
const someName = fc.constantFrom('A', 'A', 'A', 'B', 'B', 'B', 'C', 'C', ...names)
const someUser = fc.constantFrom('u1', 'u1', 'u1', 'u1', 'u1', 'u2', 'u2', 'ü3', '')

function events(around: Around): fc.Arbitrary<SentEvent> {
  return fc.record({
    project: fc.oneof({ weight: 19, arbitrary: fc.constant(project) }, { weight: 1, arbitrary: fc.constant('p2') }),
    event: someName,
    distinct_id: someUser,
    time: times(around),
    insert_id: fc.constantFrom('i1', 'i2', 'i3', 'i4'),
    properties: fc
      .tuple(few, fc.dictionary(fc.constantFrom('p', 'n', 'o'), values, { maxKeys: 3, noNullPrototype: true }))
      .map(([q, rest]) => ({ q, ...rest })),
  })
}

export interface SmallCase {
  readonly events: readonly SentEvent[]
  readonly queries: readonly Query[]
}

/** At most `eventsMax` events of a case (brute force over chains bounds it) and `queriesMax` queries over them. */
export function smallCases(options: { eventsMax: number; queriesMax: number }): fc.Arbitrary<SmallCase> {
  return arounds.chain((around) =>
    fc.record({
      events: fc.array(events(around), { minLength: 1, maxLength: options.eventsMax, size: 'max' }),
      queries: fc.array(queries(around), { minLength: 1, maxLength: options.queriesMax, size: 'max' }),
    }),
  )
}
