/**
 * Reads a query document: its shape by zod schemas (unknown fields are refused), then what a schema
 * cannot say: zones, local times, buckets, filters.
 *
 * Throws `UserError` `QUERY_INVALID` with the path, what was there and what is wanted.
 */
import { z } from 'zod'
import { bug } from '../../../common/errors/errors.ts'
import { dayMs } from '../../schema/event.ts'
import { parseSelector } from '../filter/parse.ts'
import { parseReference } from '../filter/reference.ts'
import { bucketStarts, type Unit, unitStarts } from '../time/buckets.ts'
import { parseLocal } from '../time/calendar.ts'
import { findZone, instantOf, type Zone } from '../time/zone.ts'
import { type Document, invalid, pathOf, strictObject } from './invalid.ts'
import type {
  ExportRequest,
  FunnelRequest,
  Measure,
  RangeRequest,
  Request,
  RetentionRequest,
  SegmentationRequest,
} from './request.ts'

const bucketsMax = 10_000
const groupsShownMax = 10_000
const stepsMax = 10

/** 1000-01-01 and 10000-01-01, UTC. */
const earliest = -30_610_224_000_000
const latest = 253_402_300_800_000

const range = {
  project: z.string().min(1),
  from: z.union([z.int(), z.string()]),
  to: z.union([z.int(), z.string()]),
  timezone: z.string().default('UTC'),
}
const count = (max: number) => z.int().min(1).max(max)

/** Parts that are `unknown` are read by hand. */
export const shapes = {
  segmentation: z.strictObject({
    type: z.literal('segmentation'),
    ...range,
    select: z.unknown(),
    measure: z.unknown(),
    unit: z.enum(['minute', 'hour', 'day', 'week', 'month']).optional(),
    breakdown: z.array(z.unknown()).max(2).default([]),
    limit: count(groupsShownMax).default(60),
  }),
  funnel: z.strictObject({
    type: z.literal('funnel'),
    ...range,
    steps: z.array(z.unknown()).min(1).max(stepsMax),
    windowMs: z
      .int()
      .min(0)
      .max(366 * dayMs)
      .default(7 * dayMs),
    entry: z.enum(['first', 'latest']).default('first'),
    graceMs: z.int().min(0).max(60_000).default(0),
  }),
  retention: z.strictObject({
    type: z.literal('retention'),
    ...range,
    birth: z.unknown(),
    return: z.unknown(),
    unit: z.enum(['day', 'week', 'month']),
    count: count(90),
    mode: z.enum(['rolling', 'calendar']).default('rolling'),
    criteria: z.enum(['onOrAfter', 'on']).default('onOrAfter'),
  }),
  export: z.strictObject({
    type: z.literal('export'),
    ...range,
    select: z.unknown(),
    copies: z.enum(['first', 'all']).default('first'),
    limit: count(Number.MAX_SAFE_INTEGER).optional(),
  }),
}

type Shapes = typeof shapes
type Shape<Type extends keyof Shapes> = z.output<Shapes[Type]>

export function parseRequest(raw: unknown): Request {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) invalid('', raw, 'an object')
  switch ((raw as Document).type) {
    case 'segmentation':
      return segmentation(shape('segmentation', raw))
    case 'funnel':
      return funnel(shape('funnel', raw))
    case 'retention':
      return retention(shape('retention', raw))
    case 'export':
      return exported(shape('export', raw))
    default:
      return invalid('type', (raw as Document).type, `one of ${Object.keys(shapes).join(', ')}`)
  }
}

function shape<Type extends keyof Shapes>(type: Type, raw: unknown): Shape<Type> {
  const schema = shapes[type]
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data as Shape<Type>
  const issue = parsed.error.issues[0] ?? bug('zod refused a query without an issue')
  const path = issue.path.reduce<string>((parent, key) => pathOf(parent, key as string | number), '')
  let got: unknown = raw
  for (const key of issue.path) got = (got as Record<PropertyKey, unknown> | undefined)?.[key]
  switch (issue.code) {
    case 'unrecognized_keys':
      strictObject(got, path, Object.keys(schema.shape))
      return bug('zod found an unknown key that is known')
    case 'invalid_type':
      return invalid(path, got, issue.expected === 'int' ? 'an integer' : `a value of type ${issue.expected}`)
    case 'invalid_value':
      return invalid(path, got, `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`)
    case 'invalid_union':
      return invalid(
        path,
        got,
        'ms since 1970 as an integer, or a local time such as "2026-03-29" or "2026-03-29T14:00"',
      )
    case 'too_small':
      return invalid(path, got, `at least ${issue.minimum}${lengthOf(issue.origin)}`)
    case 'too_big':
      return invalid(path, got, `at most ${issue.maximum}${lengthOf(issue.origin)}`)
    default:
      return invalid(path, got, issue.message)
  }
}

function lengthOf(origin: string): string {
  return origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : ''
}

function rangeOf(document: {
  project: string
  from: number | string
  to: number | string
  timezone: string
}): RangeRequest {
  const zone =
    findZone(document.timezone) ?? invalid('timezone', document.timezone, 'an IANA time zone, such as Europe/Berlin')
  const from = instant(document.from, 'from', zone)
  const to = instant(document.to, 'to', zone)
  if (from >= to) invalid('to', document.to, `a time after from (${JSON.stringify(document.from)})`)
  return { project: document.project, from, to, zone }
}

function instant(raw: number | string, path: string, zone: Zone): number {
  const want = 'ms since 1970 as an integer, or a local time such as "2026-03-29" or "2026-03-29T14:00"'
  const local = typeof raw === 'string' ? (parseLocal(raw) ?? invalid(path, raw, want)) : raw
  // Checked before the zone is asked: Intl knows no times far outside.
  if (local < earliest || local > latest) invalid(path, raw, 'a time in the years 1000 to 9999')
  return typeof raw === 'string' ? instantOf(zone, local) : raw
}

function buckets(range: RangeRequest, unit: Unit): Float64Array {
  return (
    bucketStarts({ ...range, unit }, bucketsMax) ?? invalid('unit', unit, `at most ${bucketsMax} buckets in the range`)
  )
}

function segmentation(document: Shape<'segmentation'>): SegmentationRequest {
  const range = rangeOf(document)
  return {
    type: 'segmentation',
    ...range,
    select: parseSelector(document.select, 'select', range.zone),
    measure: measure(document.measure, range.zone),
    buckets: document.unit === undefined ? Float64Array.of(range.from) : buckets(range, document.unit),
    breakdown: document.breakdown.map((raw, i) => parseReference(raw, `breakdown[${i}]`, range.zone)),
    limit: document.limit,
  }
}

function measure(raw: unknown, zone: Zone): Measure {
  if (raw === 'total' || raw === 'unique' || raw === 'perUser') return { kind: raw }
  const want = '"total", "unique", "perUser", or { "sum" | "average" | "min" | "max": reference }'
  if (typeof raw !== 'object' || raw === null) invalid('measure', raw, want)
  const document = strictObject(raw, 'measure', ['sum', 'average', 'min', 'max'])
  const [kind, another] = Object.keys(document) as ('sum' | 'average' | 'min' | 'max')[]
  if (kind === undefined || another !== undefined) invalid('measure', raw, want)
  return { kind, reference: parseReference(document[kind], `measure.${kind}`, zone) }
}

function funnel(document: Shape<'funnel'>): FunnelRequest {
  const range = rangeOf(document)
  const { windowMs, entry, graceMs } = document
  const steps = document.steps.map((raw, i) => parseSelector(raw, `steps[${i}]`, range.zone))
  return { type: 'funnel', ...range, steps, windowMs, entry, graceMs }
}

/** Longest length of a unit, a day of clock changes included. */
const longestMs = { day: 2 * dayMs, week: 8 * dayMs, month: 32 * dayMs }

function retention(document: Shape<'retention'>): RetentionRequest {
  const range = rangeOf(document)
  const { unit, count, mode, criteria } = document
  const cohorts = buckets(range, unit)
  const units = unitStarts({ ...range, to: range.to + (count + 1) * longestMs[unit], unit }, 3 * bucketsMax)
  return {
    type: 'retention',
    ...range,
    birth: parseSelector(document.birth, 'birth', range.zone),
    return: parseSelector(document.return, 'return', range.zone),
    unit,
    count,
    mode,
    criteria,
    cohorts,
    units: units ?? bug('more units than the cohorts and their intervals can have'),
  }
}

function exported(document: Shape<'export'>): ExportRequest {
  const range = rangeOf(document)
  const select = parseSelector(document.select, 'select', range.zone)
  return {
    type: 'export',
    ...range,
    select,
    copies: document.copies,
    limit: document.limit ?? Number.POSITIVE_INFINITY,
  }
}
