import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answer } from '../../oracle/answer.ts'
import { ask } from '../support/ask.ts'
import { configurations } from '../support/configurations.ts'
import { smallCases } from '../support/small-cases.ts'

/** Cases per configuration; raise it to search longer. */
const runs = Number(process.env.ANABRANCH_PROPERTY_RUNS ?? 60)

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
  }
})
