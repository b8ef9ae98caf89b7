import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answer, answerLinear } from '../../oracle/answer.ts'
import { markDuplicatesLinear } from '../../oracle/dedupe.ts'
import { ask } from '../support/ask.ts'
import { configurations } from '../support/configurations.ts'
import { largeCases } from '../support/large-cases.ts'
import { smallCases } from '../support/small-cases.ts'

/** Cases per configuration; raise it to search longer. */
const runs = Number(process.env.ANABRANCH_PROPERTY_RUNS ?? 60)

/** Where thousands of events still take a second: the others differ from these in what small cases show. */
const large = new Set(['one segment', 'clipped halves', 'after restart', 'two shards'])

describe('corpus property', () => {
  for (const { name, prepare } of configurations) {
    test(`corpus property: any small case, ${name} -> engine and oracle agree (QRY-1, DED-1)`, async () => {
      await fc.assert(
        fc.asyncProperty(
          smallCases({ eventsMax: 14, queriesMax: 8 }),
          fc.string(),
          async ({ events, queries }, seed) => {
            const { views, logged } = await prepare(events, seed)
            for (const query of queries) {
              expect({ query, result: await ask(views, query) }).toEqual({ query, result: answer(logged, query) })
            }
          },
        ),
        { numRuns: runs },
      )
    })

    if (!large.has(name)) continue
    test(`corpus property: thousands of events, ${name} -> engine and oracle agree (QRY-1, DED-1)`, async () => {
      await fc.assert(
        fc.asyncProperty(largeCases({ count: 6000, queries: 40 }), async ({ events, queries, seed }) => {
          const { views, logged } = await prepare(events, seed)
          const stored = markDuplicatesLinear(logged)
          for (const query of queries) {
            expect({ query, result: await ask(views, query) }).toEqual({ query, result: answerLinear(stored, query) })
          }
        }),
        { numRuns: Math.ceil(runs / 30), endOnFailure: true },
      )
    })
  }
})
