/**
 * Whole queries over stripes of several blocks, where the corpus has a few events each: properties of
 * users, of sessions and of events, numbers and mixed types, masked and hidden rows, clips, users in
 * several sources. The oracle's linear reference says what is right.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerLinear } from '../../oracle/answer.ts'
import type { Json, StoredEvent } from '../../oracle/event.ts'
import type { Query } from '../../oracle/query.ts'
import { segmentOf } from '../../test/support/segments.ts'
import { realClock } from '../runtime/clock.ts'
import type { QueryLimits } from './limits.ts'
import { exportRows, runQuery } from './run.ts'
import type { ShardView } from './view.ts'

const hour = 3_600_000
const start = Date.parse('2026-03-28T00:00Z')
const names = ['A', 'B', 'C', 'D', 'E']
const wanted = ['A', 'B', 'C', 'E', 'R3', 'R4', 'R17', 'none']
const plans: Json[] = ['free', 'pro', null, ['x', 1], 7]

/** The same few thousand events for all tests: a small generator, so that no block is like another. */
function makeEvents(count: number): StoredEvent[] {
  let state = 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return Array.from({ length: count }, (_, i): StoredEvent => {
    const user = random(60)
    // Most properties are constant per user; some rows differ.
    const plan = random(40) === 0 ? plans[random(5)]! : plans[user % 5]!
    const properties: Record<string, Json> = { plan, session: `s${user}-${random(4)}` }
    if (random(3) > 0) properties.amount = random(2) === 0 ? random(1000) / 100 : random(50)
    if (random(4) === 0) properties.mixed = [true, 'text', 5, { k: random(3) }, ['a', 'b']][random(5)]!
    if (random(5) === 0)
      properties.due = ['2026-03-29', '2026-03-29T02:30', '2026-03-30T10:00:00Z', 'never'][random(4)]!
    return {
      project: 'p',
      // Names of many rows, and names that share a stripe.
      event: random(6) === 0 ? `R${random(30)}` : names[Math.min(random(5), random(5))]!,
      distinct_id: user === 0 ? '' : `user-${user}`,
      // Whole minutes, so that many events are at one time.
      time: start + random(60 * 60) * 60_000,
      insert_id: `i${i}`,
      properties,
      duplicate: random(50) === 0,
      position: { partition: 0, offset: i, index: 0 },
    }
  })
}

const events = makeEvents(9000)
/** Rows of the view are all but the last: those lie after its vector, in the last source. */
const seen = events.length - 400

/** Three sources, two shards that each own half of the hashes. */
async function views(): Promise<ShardView[]> {
  const segments = await Promise.all(
    [events.slice(0, 6000), events.slice(6000, 7000), events.slice(7000)].map(segmentOf),
  )
  const tail = segments[2]!
  const hidden = new Map<string, Uint32Array>()
  const later = new Set(events.slice(seen).map((event) => event.insert_id))
  for (const entry of tail.slices) {
    const slice = await tail.slice(entry)
    for (const stripe of await slice.loadAll(slice.stripes, { insertIds: true })) {
      const bits = new Uint32Array(Math.ceil(stripe.rows / 32))
      for (let row = 0; row < stripe.rows; row++)
        if (later.has(stripe.insertId(row))) bits[row >>> 5]! |= 1 << (row & 31)
      hidden.set(`${entry.index} ${stripe.entry.index}`, bits)
    }
  }
  const halves = [
    { start: 0, end: 2 ** 31 },
    { start: 2 ** 31, end: 2 ** 32 },
  ]
  return halves.map((half) => ({
    at: { generation: 1, next: new Map([[0, seen]]) },
    pending: 0,
    sources: segments.map((segment, i) => ({
      segment,
      clip: () => [half],
      ...(i === 2 && { hidden: (slice, stripe) => hidden.get(`${slice.index} ${stripe.index}`) }),
    })),
  }))
}

const shards = views()
const visible = events.slice(0, seen)

async function ask(query: Query, limits?: Partial<QueryLimits>): Promise<unknown> {
  const options = { clock: realClock, ...(limits && { limits }) }
  if (query.type !== 'export') return (await runQuery(await shards, query, options)).result
  const rows: unknown[] = []
  for await (const row of exportRows(await shards, query, options))
    rows.push({ ...row, properties: { ...row.properties } })
  return rows
}

const property = fc.constantFrom('plan', 'session', 'amount', 'mixed', 'due', 'absent')
const operand: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  'free',
  'pro',
  null,
  7,
  5,
  0.5,
  9.99,
  49,
  's3-1',
  'text',
  true,
  ['x', 1],
  { k: 1 },
)
const leaf = fc.oneof(
  fc.record({ property, op: fc.constantFrom('eq', 'ne', 'lt', 'le', 'gt', 'ge', 'contains'), value: operand }),
  fc.record({ property, op: fc.constant('in'), value: fc.array(operand, { maxLength: 4 }) }),
  fc.record({ property, op: fc.constant('set') }),
  fc.record({
    property,
    op: fc.constant('type'),
    value: fc.constantFrom('string', 'number', 'list', 'object', 'null'),
  }),
  fc.record({
    property: fc.constant('due'),
    as: fc.constant('time'),
    op: fc.constantFrom('lt', 'ge'),
    value: fc.constant('2026-03-29T12:00'),
  }),
  fc.record({
    field: fc.constant('distinct_id'),
    op: fc.constantFrom('eq', 'ge', 'contains'),
    value: fc.constantFrom('user-7', '', '1'),
  }),
  fc.record({ field: fc.constant('event'), op: fc.constantFrom('eq', 'gt'), value: fc.constantFrom('B', 'C', 'R3') }),
)
const filter = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ not: tie('node') }),
    fc.record({ and: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('node'), { maxLength: 3 }) }),
  ),
})).node
const selector = fc.record({ events: fc.subarray(wanted, { minLength: 1 }), where: filter }, { requiredKeys: [] })
const reference = fc.oneof(
  fc.record({ property }),
  fc.record({ property: fc.constantFrom(['mixed', 'k'], ['plan']) }),
  fc.record({ property: fc.constant('due'), as: fc.constant('time') }),
  fc.record({ field: fc.constantFrom('event', 'distinct_id') }),
)
const at = fc.integer({ min: start - hour, max: start + 61 * hour })
const range = fc.tuple(at, at).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 }))
const common = { project: fc.constant('p'), timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu') }

const segmentation = fc.record(
  {
    ...common,
    type: fc.constant('segmentation'),
    select: selector,
    measure: fc.oneof(
      fc.constantFrom('total', 'unique', 'perUser'),
      ...['sum', 'average', 'min', 'max'].map((kind) => fc.record({ [kind]: reference })),
    ),
    unit: fc.constantFrom('hour', 'day', 'week'),
    breakdown: fc.array(reference, { maxLength: 2 }),
    limit: fc.constantFrom(1, 3, 20, 500),
  },
  { requiredKeys: ['type', 'project', 'select', 'measure'] },
)
const funnel = fc.record(
  {
    ...common,
    type: fc.constant('funnel'),
    steps: fc.array(selector, { minLength: 1, maxLength: 4 }),
    windowMs: fc.constantFrom(0, hour, 10 * hour, 100 * hour),
    entry: fc.constantFrom('first', 'latest'),
  },
  { requiredKeys: ['type', 'project', 'steps'] },
)
const retention = fc.record(
  {
    ...common,
    type: fc.constant('retention'),
    birth: selector,
    return: selector,
    unit: fc.constantFrom('day', 'week'),
    count: fc.constantFrom(1, 3, 40),
    mode: fc.constantFrom('rolling', 'calendar'),
    criteria: fc.constantFrom('on', 'onOrAfter'),
  },
  { requiredKeys: ['type', 'project', 'birth', 'return', 'unit', 'count'] },
)
const exported = fc.record(
  {
    ...common,
    type: fc.constant('export'),
    select: selector,
    copies: fc.constantFrom('first', 'all'),
    limit: fc.constant(700),
  },
  { requiredKeys: ['type', 'project', 'select'] },
)

describe('blocks', () => {
  test.each([
    ['segmentation', segmentation, 40],
    ['funnel', funnel, 20],
    ['retention', retention, 20],
    ['export', exported, 6],
  ] as const)(
    'query: %s over blocks, sources and shards, in wide and narrow passes -> the oracle agrees (QRY-1)',
    async (_, document, runs) => {
      await fc.assert(
        fc.asyncProperty(document, range, async (some, { from, to }) => {
          const query = { ...some, from, to } as unknown as Query
          const want = answerLinear(visible, query)
          expect({ query, result: await ask(query) }).toEqual({ query, result: want })
          // A pass holds the events of the busiest user, and little more.
          expect({ query, result: await ask(query, { passBytesMax: 24 * 400, passGroupsMax: 20 }) }).toEqual({
            query,
            result: want,
          })
        }),
        { numRuns: runs },
      )
    },
  )
})
