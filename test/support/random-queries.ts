/**
 * Random queries of every type over the names and properties of `small-cases.ts` and `large-cases.ts`: few of each, so
 * that filters match, steps overlap and groups tie.
 */
import fc from 'fast-check'
import type { Json } from '../../oracle/event.ts'
import type { Filter, Query, Reference, Selector } from '../../oracle/query.ts'

export const project = 'p1'
export const names = ['A', 'B', 'C', '\u{1F600}', '\uFFFD']
const zones = ['UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns', 'Pacific/Apia']

/** Around each of these a case's times lie: midnight UTC at a year's end, clock changes, a skipped day. */
const instants = [
  Date.UTC(2026, 0, 1) - 5,
  Date.UTC(2026, 2, 29, 1) - 5,
  Date.UTC(2026, 3, 4, 15) - 5,
  Date.UTC(2010, 10, 7, 2, 30) - 5,
  Date.UTC(2011, 11, 30, 10) - 5,
]
export const hour = 3_600_000

export const scalars: fc.Arbitrary<Json> = fc.constantFrom<Json[]>(
  null,
  true,
  false,
  0,
  1,
  2,
  0.1,
  -7.25,
  1e16,
  1e308,
  '',
  'a',
  'ab',
  '1',
  '\uFFFD',
  '\u{1F600}',
  '2026-01-01',
  '2026-01-01T00:00:00Z',
)
export const few: fc.Arbitrary<Json> = fc.constantFrom<Json[]>('a', 'b', 1, 2.5, null)
export const values: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: scalars },
  { weight: 1, arbitrary: fc.array(scalars, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('k', 'a'), scalars, { maxKeys: 2, noNullPrototype: true }) },
)

/** A case's clock: its times, 1 to 3 instants wide. */
export interface Around {
  readonly base: number
  readonly zone: string
}
export const arounds: fc.Arbitrary<Around> = fc.record({
  base: fc.constantFrom(...instants),
  zone: fc.constantFrom(...zones),
})

/** Within 10 ms of the case's instant, or of the same moment some hours later. */
export function times(around: Around): fc.Arbitrary<number> {
  const near = fc.integer({ min: 0, max: 10 })
  const shift = fc.constantFrom(0, 0, 0, hour, 23 * hour, 24 * hour, 25 * hour)
  return fc.tuple(near, shift).map(([ms, ahead]) => around.base + ms + ahead)
}

const references: fc.Arbitrary<Reference> = fc.oneof(
  fc.constantFrom<Reference[]>(
    { property: 'q' },
    { property: 'q' },
    { property: 'p' },
    { property: 'n' },
    { property: ['o', 'k'] },
    { property: 'o' },
    { property: 'absent' },
    { property: 'plan' },
    { property: 'plan' },
    { field: 'event' },
    { field: 'distinct_id' },
    { property: 'p', as: 'time' },
  ),
)

const conditions: fc.Arbitrary<Filter> = fc
  .tuple(references, fc.constantFrom('eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in', 'contains', 'set', 'type'), values)
  .chain(([reference, op, value]): fc.Arbitrary<Filter> => {
    if (op === 'set') return fc.constant({ ...reference, op })
    if (op === 'type') {
      const types = fc.constantFrom('null', 'boolean', 'number', 'string', 'list', 'object')
      return types.map((type) => ({ ...reference, op, value: type }) as Filter)
    }
    // A text beside `as: time` must be a time, or the query is refused.
    const wanted = reference.as === 'time' && op !== 'contains' && typeof value === 'string' ? '2026-01-01' : value
    if (op === 'in')
      return fc
        .subarray([0, 'a', null, true])
        .map((some) => ({ ...reference, op, value: asTimes(reference, [...some, wanted]) }) as Filter)
    return fc.constant({ ...reference, op, value: wanted } as Filter)
  })

function asTimes(reference: Reference, some: readonly Json[]): readonly Json[] {
  return reference.as === 'time' ? some.filter((value) => typeof value !== 'string' || value.length > 1) : some
}

const filters: fc.Arbitrary<Filter> = fc.letrec<{ tree: Filter }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    conditions,
    fc.array(tie('tree'), { maxLength: 2 }).map((and) => ({ and })),
    fc.array(tie('tree'), { maxLength: 2 }).map((or) => ({ or })),
    tie('tree').map((not) => ({ not })),
  ),
})).tree

const nameLists = fc.oneof(
  fc.constantFrom(['A'], ['A'], ['B'], ['B'], ['C'], ['A', 'B']),
  fc.subarray(names, { minLength: 1, maxLength: 3 }),
)
const selectors: fc.Arbitrary<Selector> = fc.oneof(
  { weight: 6, arbitrary: nameLists.map((some) => ({ events: some })) },
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: filters.map((where) => ({ where })) },
  { weight: 3, arbitrary: fc.record({ events: nameLists, where: filters }) },
)

/** Steps that want the same events, so that a greedy choice can be wrong. */
const overlapping = fc.constantFrom<Selector[]>({ events: ['A'] }, { events: ['A', 'B'] }, { events: ['B'] }, {})

function chain(steps: fc.Arbitrary<Selector>): fc.Arbitrary<Selector[]> {
  return fc.array(steps, { minLength: 1, maxLength: 4, size: 'max' })
}

const measures = fc.oneof(
  fc.constantFrom('total' as const, 'unique' as const, 'perUser' as const),
  references.map((reference) => ({ sum: reference })),
  references.map((reference) => ({ average: reference })),
  references.map((reference) => ({ min: reference })),
  references.map((reference) => ({ max: reference })),
)

function ranges(around: Around): fc.Arbitrary<{ project: string; from: number; to: number; timezone: string }> {
  const whole = fc.constant([around.base, around.base + 26 * hour] as const)
  const bounds = fc.oneof(
    { weight: 2, arbitrary: whole },
    { weight: 1, arbitrary: fc.tuple(times(around), times(around)) },
  )
  return bounds.map(([a, b]) => ({ project, from: Math.min(a, b), to: Math.max(a, b) + 1, timezone: around.zone }))
}

export function queries(around: Around): fc.Arbitrary<Query> {
  const range = ranges(around)
  const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined })
  const segmentation = fc.record({
    range,
    select: selectors,
    measure: measures,
    unit: fc.constantFrom('hour' as const, 'day' as const, 'week' as const, 'month' as const, undefined),
    breakdown: maybe(fc.array(references, { minLength: 0, maxLength: 2 })),
    limit: maybe(fc.integer({ min: 1, max: 3 })),
  })
  const funnel = fc.record({
    range,
    steps: fc.oneof(chain(selectors), chain(overlapping)),
    windowMs: fc.constantFrom(0, 2, 5, 10, hour, 25 * hour, undefined),
    entry: fc.constantFrom('first' as const, 'latest' as const, undefined),
    graceMs: fc.constantFrom(0, 0, 1, 3, undefined),
  })
  const retention = fc.record({
    range,
    birth: selectors,
    return: selectors,
    unit: fc.constantFrom('day' as const, 'week' as const, 'month' as const),
    count: fc.integer({ min: 1, max: 3 }),
    mode: fc.constantFrom('rolling' as const, 'calendar' as const, undefined),
    criteria: fc.constantFrom('on' as const, 'onOrAfter' as const, undefined),
  })
  const exporting = fc.record({
    range,
    select: selectors,
    copies: fc.constantFrom('first' as const, 'all' as const, undefined),
    limit: maybe(fc.integer({ min: 1, max: 5 })),
  })
  const typed = <T extends { range: object }>(type: Query['type'], some: fc.Arbitrary<T>): fc.Arbitrary<Query> =>
    some.map(({ range: common, ...rest }) => defined({ type, ...common, ...rest }))
  return fc.oneof(
    { weight: 3, arbitrary: typed('segmentation', segmentation) },
    { weight: 3, arbitrary: typed('funnel', funnel) },
    { weight: 2, arbitrary: typed('retention', retention) },
    { weight: 1, arbitrary: typed('export', exporting) },
  )
}

/** As JSON would carry it: without fields that are undefined. */
function defined(query: object): Query {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as unknown as Query
}
