import { describe, expect, test } from 'vitest'
import { UserError } from '../../../common/errors/errors.ts'
import { parseRequest } from './parse.ts'

const range = { project: 'p', from: 0, to: 1000 }
const total = { type: 'segmentation', ...range, select: {}, measure: 'total' }
const funnel = { type: 'funnel', ...range, steps: [{}] }
const retention = { type: 'retention', ...range, birth: {}, return: {}, unit: 'day', count: 7 }
const where = (filter: unknown) => ({ ...total, select: { where: filter } })
const leaf = { property: 'plan', op: 'eq', value: 'pro' }

function nested(depth: number): unknown {
  let filter: unknown = leaf
  for (let i = 1; i < depth; i++) filter = { not: filter }
  return filter
}

function refusal(document: unknown): UserError {
  try {
    parseRequest(document)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('the document was accepted')
}

describe('request', () => {
  test.each([
    ['no object', [], ''],
    ['an unknown type', { ...total, type: 'flows' }, 'type'],
    ['an unknown field', { ...total, sampling: 0.1 }, 'sampling'],
    ['a field of another type', { ...total, windowMs: 5 }, 'windowMs'],
    ['no project', { ...total, project: undefined }, 'project'],
    ['an empty project', { ...total, project: '' }, 'project'],
    ['a fraction of a ms', { ...total, from: 0.5 }, 'from'],
    ['a local time with a zone', { ...total, to: '2026-01-01T00:00Z' }, 'to'],
    ['a day that is none', { ...total, to: '2026-02-30' }, 'to'],
    ['a range that ends where it begins', { ...total, from: 1000 }, 'to'],
    ['a year before 1000', { ...total, from: -1e15 }, 'from'],
    ['a year after 9999', { ...total, to: 1e15 }, 'to'],
    ['an unknown zone', { ...total, timezone: 'Mars/Olympus' }, 'timezone'],
    ['no selector', { ...total, select: undefined }, 'select'],
    ['an unknown field of a selector', { ...total, select: { event: 'A' } }, 'select.event'],
    ['no event names', { ...total, select: { events: [] } }, 'select.events'],
    ['an event name that is none', { ...total, select: { events: ['A', 1] } }, 'select.events[1]'],
    ['an unknown measure', { ...total, measure: 'median' }, 'measure'],
    ['two measures', { ...total, measure: { sum: leaf, min: leaf } }, 'measure'],
    ['a measure of no reference', { ...total, measure: { sum: 'amount' } }, 'measure.sum'],
    ['an unknown unit', { ...total, unit: 'year' }, 'unit'],
    ['too many buckets', { ...total, to: 1e12, unit: 'minute' }, 'unit'],
    ['three breakdowns', { ...total, breakdown: [leaf, leaf, leaf] }, 'breakdown'],
    ['a breakdown with an operator', { ...total, breakdown: [leaf] }, 'breakdown[0].op'],
    ['a property and a field', { ...total, breakdown: [{ property: 'a', field: 'event' }] }, 'breakdown[0]'],
    ['an unknown field of events', { ...total, breakdown: [{ field: 'time' }] }, 'breakdown[0].field'],
    ['a path without keys', { ...total, breakdown: [{ property: [] }] }, 'breakdown[0].property'],
    ['a cast to a number', { ...total, breakdown: [{ property: 'a', as: 'number' }] }, 'breakdown[0].as'],
    ['no group', { ...total, limit: 0 }, 'limit'],
    ['too many groups', { ...total, limit: 10_001 }, 'limit'],
    ['a filter that is no object', where('plan'), 'select.where'],
    ['an empty filter', where({}), 'select.where.property'],
    ['an unknown operator', where({ ...leaf, op: 'like' }), 'select.where.op'],
    ['two kinds of filter', where({ and: [], or: [] }), 'select.where.or'],
    ['a filter in a list that is none', where({ or: [leaf, { and: [{}] }] }), 'select.where.or[1].and[0].property'],
    ['no value', where({ property: 'a', op: 'eq' }), 'select.where.value'],
    ['a value that is infinite', where({ ...leaf, value: 1 / 0 }), 'select.where.value'],
    ['a value for set', where({ ...leaf, op: 'set' }), 'select.where.value'],
    ['an unknown type name', where({ ...leaf, op: 'type', value: 'date' }), 'select.where.value'],
    ['a value for in that is no list', where({ ...leaf, op: 'in' }), 'select.where.value'],
    ['too many values for in', where({ ...leaf, op: 'in', value: new Array(10_001).fill(1) }), 'select.where.value'],
    ['a time that is none', where({ ...leaf, as: 'time', op: 'lt' }), 'select.where.value'],
    [
      'a time in a list that is none',
      where({ ...leaf, as: 'time', op: 'in', value: [1, 'x'] }),
      'select.where.value[1]',
    ],
    ['a tree of 33 levels', where(nested(33)), `select.where${'.not'.repeat(32)}`],
    ['a tree of 1001 nodes', where({ and: new Array(1000).fill(leaf) }), 'select.where.and[999]'],
    ['no step', { ...funnel, steps: [] }, 'steps'],
    ['eleven steps', { ...funnel, steps: new Array(11).fill({}) }, 'steps'],
    ['a step that is none', { ...funnel, steps: [{}, 'B'] }, 'steps[1]'],
    ['a window of 367 days', { ...funnel, windowMs: 367 * 86_400_000 }, 'windowMs'],
    ['an unknown entry', { ...funnel, entry: 'last' }, 'entry'],
    ['a grace of more than a minute', { ...funnel, graceMs: 60_001 }, 'graceMs'],
    ['exclusions, which are not offered', { ...funnel, exclude: [] }, 'exclude'],
    ['no interval', { ...retention, count: 0 }, 'count'],
    ['91 intervals', { ...retention, count: 91 }, 'count'],
    ['retention by the hour', { ...retention, unit: 'hour' }, 'unit'],
    ['an unknown mode', { ...retention, mode: 'sliding' }, 'mode'],
    ['an unknown criterion', { ...retention, criteria: 'onOrBefore' }, 'criteria'],
    ['an unknown kind of copies', { type: 'export', ...range, select: {}, copies: 'last' }, 'copies'],
  ])('request: %s -> QUERY_INVALID names the path', (_, document, path) => {
    const error = refusal(document)
    expect(error).toMatchObject({ code: 'QUERY_INVALID', field: path, status: 400, retryable: false })
    expect(error.message).toMatch(/^QUERY_INVALID: .*: got .*, want .*\. Correct the path/)
  })

  test('request: what the page leaves out has its default', () => {
    expect(parseRequest(total)).toMatchObject({ from: 0, to: 1000, zone: { name: 'UTC' }, breakdown: [], limit: 60 })
    expect(parseRequest(funnel)).toMatchObject({ windowMs: 604_800_000, entry: 'first', graceMs: 0 })
    expect(parseRequest(retention)).toMatchObject({ mode: 'rolling', criteria: 'onOrAfter' })
    expect(parseRequest({ type: 'export', ...range, select: {} })).toMatchObject({ copies: 'first', limit: Infinity })
  })

  test('request: the limits themselves are allowed', () => {
    parseRequest(where(nested(32)))
    parseRequest(where({ and: new Array(999).fill(leaf) }))
    parseRequest(where({ ...leaf, op: 'in', value: new Array(10_000).fill(1) }))
    parseRequest({ ...funnel, steps: new Array(10).fill({}), windowMs: 366 * 86_400_000, graceMs: 60_000 })
    parseRequest({ ...retention, count: 90 })
  })

  test('request: times are local to the zone of the query', () => {
    const request = parseRequest({
      ...total,
      from: '2026-03-29',
      to: '2026-03-30',
      timezone: 'Europe/Berlin',
      unit: 'day',
    })
    expect([request.from, request.to]).toEqual([Date.parse('2026-03-28T23:00Z'), Date.parse('2026-03-29T22:00Z')])
  })

  test('request: a document that is nested without end is refused, not followed', () => {
    let value: unknown = 1
    for (let i = 0; i < 100_000; i++) value = [value]
    expect(refusal(where({ ...leaf, value })).field).toContain('select.where.value')
  })
})
