import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answer, answerLinear } from '../../oracle/answer.ts'
import { markDuplicates, markDuplicatesLinear } from '../../oracle/dedupe.ts'
import type { LoggedEvent, SentEvent } from '../../oracle/event.ts'
import { smallCases } from '../support/small-cases.ts'

/** Positions as a log of one record per three events would give. */
const logged = (events: readonly SentEvent[]): LoggedEvent[] =>
  events.map((event, i) => ({ ...event, position: { partition: 0, offset: Math.floor(i / 3), index: i % 3 } }))

const runs = Number(process.env.ANABRANCH_PROPERTY_RUNS ?? 300)

describe('oracle answer', () => {
  test('oracle: any small case -> the linear reference answers as brute force does (QRY-1)', () => {
    fc.assert(
      fc.property(smallCases({ eventsMax: 14, queriesMax: 4 }), ({ events, queries }) => {
        const stored = markDuplicatesLinear(logged(events))
        for (const query of queries) expect(answerLinear(stored, query)).toEqual(answer(logged(events), query))
      }),
      { numRuns: runs },
    )
  })

  test('oracle: shuffled events of few ids -> both ways to mark copies agree (DED-1)', () => {
    const cases = smallCases({ eventsMax: 30, queriesMax: 1 }).chain(({ events }) =>
      fc.shuffledSubarray(logged(events), { minLength: events.length }),
    )
    fc.assert(
      fc.property(cases, (events) => {
        expect(markDuplicatesLinear(events)).toEqual(markDuplicates(events))
      }),
      { numRuns: runs },
    )
  })

  test('oracle: copies of one key on one day -> the earliest in the log is seen, whatever its time', () => {
    const copy = (time: number, offset: number, insert_id = 'x'): LoggedEvent => ({
      project: 'p',
      event: 'A',
      distinct_id: 'u',
      time,
      insert_id,
      properties: {},
      position: { partition: 0, offset, index: 0 },
    })
    const day = 86_400_000
    const marks = markDuplicates([copy(5, 2), copy(9, 1), copy(day, 3), copy(day - 1, 0, 'y')])
    expect(marks.map((event) => event.duplicate)).toEqual([true, false, false, false])
  })
})
