/**
 * Query documents whole, as schemas: those that `parse.ts` checks first, with the parts filled in that it reads
 * by hand since their errors need a path. For the OpenAPI document and for clients that check before they send.
 *
 * Does not: say everything. Local times, zones, the size of trees and what a value must be for an operator are
 * checked by `parse.ts` alone; a test holds that whatever it accepts is accepted here.
 */
import { z } from 'zod'
import { shapes } from './parse.ts'

export const value = z.custom((given) => given !== undefined, 'a JSON value').describe('any JSON value')
const castAs = { as: z.literal('time').optional().describe('strings are read as times and become ms') }
const property = z
  .union([z.string(), z.array(z.string()).min(1)])
  .describe('name of a property, or keys into objects below it')
const field = z.enum(['event', 'distinct_id'])

export const reference = z
  .union([z.strictObject({ property, ...castAs }), z.strictObject({ field, ...castAs })])
  .describe('what a filter, a breakdown or a measure looks at')

const conditions = [
  z.strictObject({ op: z.enum(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'contains']), value }),
  z.strictObject({ op: z.literal('in'), value: z.array(value).max(10_000) }),
  z.strictObject({ op: z.literal('set') }),
  z.strictObject({
    op: z.literal('type'),
    value: z.enum(['null', 'boolean', 'number', 'string', 'list', 'object']),
  }),
] as const

const leaves = conditions.flatMap((condition) => [
  condition.extend({ property, ...castAs }),
  condition.extend({ field, ...castAs }),
])

const group = z.strictObject({
  get and() {
    return z.array(filter).optional()
  },
  get or() {
    return z.array(filter).optional()
  },
  get not() {
    return filter.optional()
  },
})

/** One of `and`, `or`, `not`, or a condition. */
export const filter: z.ZodType = z
  .union([group, ...leaves])
  .describe('a tree of conditions, at most 32 levels and 1,000 nodes; and, or, not stand alone')

export const selector = z
  .strictObject({
    events: z.array(z.string()).min(1).optional().describe('event names; any without'),
    where: filter.optional(),
  })
  .describe('which events')

export const measure = z.union([
  z.enum(['total', 'unique', 'perUser']),
  z.strictObject({ sum: reference }),
  z.strictObject({ average: reference }),
  z.strictObject({ min: reference }),
  z.strictObject({ max: reference }),
])

export const documents = {
  segmentation: shapes.segmentation.extend({
    select: selector,
    measure,
    breakdown: z.array(reference).max(2).default([]),
  }),
  funnel: shapes.funnel.extend({ steps: z.array(selector).min(1).max(10) }),
  retention: shapes.retention.extend({ birth: selector, return: selector }),
  export: shapes.export.extend({ select: selector }),
} as const
