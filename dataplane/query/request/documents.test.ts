import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { smallCases } from '../../../test/support/small-cases.ts'
import { documents } from './documents.ts'
import { parseRequest } from './parse.ts'

const range = { project: 'p', from: 0, to: 1000 }
const leaf = { property: 'plan', op: 'eq', value: 'pro' }
const accepts = (document: { readonly type: string }) =>
  documents[document.type as keyof typeof documents].safeParse(document).success

describe('documents', () => {
  test('documents: any query that is parsed -> the published schema takes it', () => {
    fc.assert(
      fc.property(smallCases({ eventsMax: 1, queriesMax: 12 }), ({ queries }) => {
        for (const query of queries) {
          parseRequest(query)
          expect({ query, accepts: accepts(query) }).toEqual({ query, accepts: true })
        }
      }),
    )
  })

  test.each([
    { type: 'segmentation', ...range, select: {}, measure: 'median' },
    { type: 'segmentation', ...range, select: { event: 'A' }, measure: 'total' },
    { type: 'segmentation', ...range, select: { where: { ...leaf, op: 'like' } }, measure: 'total' },
    { type: 'segmentation', ...range, select: { where: { ...leaf, op: 'in' } }, measure: 'total' },
    { type: 'segmentation', ...range, select: {}, measure: { sum: 'amount' } },
    { type: 'segmentation', ...range, select: {}, measure: 'total', breakdown: [leaf] },
    { type: 'funnel', ...range, steps: [{ where: { and: [{ not: { property: [] } }] } }] },
    { type: 'retention', ...range, birth: {}, return: { events: [] }, unit: 'day', count: 7 },
    { type: 'export', ...range, select: {}, sampling: 1 },
  ])('documents: %j -> refused by both', (document) => {
    expect(() => parseRequest(document)).toThrow(/QUERY_INVALID/)
    expect(accepts(document)).toBe(false)
  })
})
