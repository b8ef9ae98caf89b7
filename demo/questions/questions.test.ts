import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerLinear } from '../../oracle/answer.ts'
import type { StoredEvent } from '../../oracle/event.ts'
import type { FunnelResult, Query, RetentionResult, SegmentationResult } from '../../oracle/query.ts'
import { shuffled } from '../../test/support/shuffle.ts'
import { profileOf } from './profile.ts'
import { questionsOf } from './questions.ts'

const start = Date.UTC(2026, 0, 1)
const hour = 3_600_000

interface Sent {
  readonly name: string
  readonly user: string
  readonly at: number
  readonly properties?: object
}

/** The events as the oracle takes them, none of them a copy. */
function judgeOf(events: readonly Sent[]) {
  const stored: StoredEvent[] = events.map(({ name, user, at, properties = {} }, i) => ({
    ...{ project: 'p', event: name, distinct_id: user, time: start + at, insert_id: `i${i}` },
    properties: properties as StoredEvent['properties'],
    position: { partition: 0, offset: i, index: 0 },
    duplicate: false,
  }))
  return { profile: () => profileOf(stored), answer: (query: Query) => answerLinear(stored, query) }
}

const ask = (judge: ReturnType<typeof judgeOf>, wishes = {}) => questionsOf('p', judge.profile(), wishes)

/** Ten users open, most look, few buy, and all are shown the news; each has a plan and an id of its own. */
const visits: readonly Sent[] = Array.from({ length: 10 }, (_, user) => {
  const properties = { plan: user % 3 === 0 ? 'pro' : 'free', session: `s${user}`, colour: 'blue' }
  const one = (name: string, at: number): Sent => ({ name, user: `u${user}`, at: at + user * 7 * hour, properties })
  return [
    one('Opened', 0),
    one('Shown', 500),
    ...(user < 7 ? [one('Looked', hour)] : []),
    ...(user < 3 ? [one('Bought', 2 * hour)] : []),
    ...(user === 9 ? [{ ...one('Bought', -hour) }] : []),
  ]
}).flat()

describe('questions', () => {
  test('questions: users who open, look, buy -> that order is the funnel, with its losses', () => {
    const judge = judgeOf(visits)
    const [, funnel] = ask(judge)
    expect(funnel!.title).toBe('funnel Opened → Looked → Bought, within 7 days')
    expect(judge.answer(funnel!.query)).toEqual({ steps: [{ users: 10 }, { users: 7 }, { users: 3 }] })
  })

  test('questions: properties of one value, of few and of one a user -> the one of few breaks down', () => {
    const many = Array.from({ length: 8 }, (_, i) =>
      visits.map((one) => ({
        ...one,
        user: `${one.user}-${i}`,
        properties: { ...one.properties, session: `s${i}${one.user}` },
      })),
    ).flat()
    const [segmentation] = ask(judgeOf(many))
    expect(ask(judgeOf(visits))[0]!.query).toMatchObject({ breakdown: [{ property: 'plan' }] })
    expect(segmentation!.query).toMatchObject({
      select: { events: ['Opened'] },
      breakdown: [{ property: 'plan' }],
      unit: 'day',
    })
    expect(segmentation!.title).toBe('users of Opened by plan, each day')
  })

  test('questions: a few events far away -> the range is where the others are', () => {
    const lone = [{ name: 'Opened', user: 'old', at: -3650 * 24 * hour }]
    const many = Array.from({ length: 40 }, () => visits).flat()
    const { from, to } = judgeOf([...lone, ...many]).profile()
    expect(new Date(from).toISOString()).toBe('2026-01-01T00:00:00.000Z')
    expect(new Date(to).toISOString()).toBe('2026-01-04T00:00:00.000Z')
  })

  test('questions: a wish -> comes first where its names occur, else what the events show', () => {
    const judge = judgeOf(visits)
    const wishes = {
      count: { event: 'Looked', by: 'plan' },
      funnels: [
        ['Opened', 'Sold'],
        ['Looked', 'Bought'],
      ],
      born: 'Looked',
    }
    expect(ask(judge, wishes).map(({ title }) => title)).toEqual([
      'users of Looked by plan, each day',
      'funnel Looked → Bought, within 7 days',
      'retention: first Looked, then anything, by day',
    ])
    expect(ask(judge, { count: { event: 'Sold', by: 'plan' }, funnels: [['Sold']], born: 'Sold' })).toEqual(ask(judge))
  })

  test('questions: one name, one user, no property -> still three answers that are not empty', () => {
    const judge = judgeOf([
      { name: 'Ping', user: 'u', at: 0 },
      { name: 'Ping', user: 'u', at: 1000 },
    ])
    const [segmentation, funnel, retention] = ask(judge)
    expect(segmentation!.title).toBe('events by event, each hour')
    expect(judge.answer(segmentation!.query)).toMatchObject({ overall: { events: 2 } })
    expect(judge.answer(funnel!.query)).toEqual({ steps: [{ users: 1 }, { users: 1 }] })
    expect(judge.answer(retention!.query)).toMatchObject({ overall: { users: 1, retained: [1, 0, 0, 0, 0, 0, 0, 0] } })
  })

  test('questions: no event has a user -> no funnel and no retention; no event -> no question', () => {
    const judge = judgeOf([{ name: 'Tick', user: '', at: 0 }])
    expect(ask(judge).map(({ query }) => query.type)).toEqual(['segmentation'])
    expect(ask(judgeOf([]))).toEqual([])
  })

  test('questions: any events in any order -> the same questions, valid, none empty (QRY-1)', () => {
    const event = fc.record({
      name: fc.constantFrom('A', 'B', 'C', 'D', '$other', ''.padEnd(3, 'ü')),
      user: fc.constantFrom('', 'a', 'b', 'c', 'd'),
      at: fc.oneof(fc.nat(3), fc.nat(30 * 24 * hour), fc.nat(4000 * 24 * hour)),
      properties: fc.record({ p: fc.constantFrom('x', 'y', 1, null, [1]), q: fc.boolean() }, { requiredKeys: [] }),
    })
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
        const judge = judgeOf(events)
        const questions = ask(judge)
        expect(ask(judgeOf(shuffled(events, 'again')))).toEqual(questions)
        for (const { query } of questions) {
          expect(Number(query.from)).toBeLessThan(Number(query.to))
          const result = judge.answer(query)
          if (query.type === 'segmentation') expect((result as SegmentationResult).overall.events).toBeGreaterThan(0)
          if (query.type === 'funnel') expect((result as FunnelResult).steps[0]!.users).toBeGreaterThan(0)
          if (query.type === 'retention') expect((result as RetentionResult).overall.users).toBeGreaterThan(0)
        }
      }),
      { numRuns: 60 },
    )
  })
})
