/**
 * The queries of a stream, from its own names and values: ten forms of each type, spread over the streams so that
 * stream `i` gets form `i` of every type and one more. Nothing is random: the same data give the same questions.
 */
import type {
  ExportQuery,
  Filter,
  FunnelQuery,
  Query,
  RetentionQuery,
  SegmentationQuery,
  Selector,
} from '../../oracle/query.ts'
import type { Profile, PropertyFacts } from './profile.ts'

type Form<T> = (profile: Profile) => Omit<T, 'type' | 'project' | 'from' | 'to'> & { from?: number; to?: number }

/** Five queries: one of each type, and the types in turn for the fifth. `index` counts the streams from 0. */
export function questionsOf(profile: Profile, index: number): Query[] {
  const forms = { segmentation, funnel, retention, export: exporting }
  const types = Object.keys(forms) as (keyof typeof forms)[]
  const ask = (type: keyof typeof forms, form: number): Query =>
    ({ type, project: profile.project, ...profile.whole, ...forms[type][form % 10](profile) }) as Query
  return [...types.map((type) => ask(type, index)), ask(types[index % 4], 8 + Math.floor(index / 4))]
}

// ------------------------------------------------------------------------------------ words of a stream

const hour = 3_600_000
const day = 24 * hour

function facts(profile: Profile, rank: number, kind: PropertyFacts['kind']): PropertyFacts {
  const some = profile.properties.get(profile.names[rank])?.filter((property) => property.kind === kind) ?? []
  // The least filled text of few values tells most; of numbers the fullest.
  const found = kind === 'label' ? some[some.length - 1] : some[0]
  if (found === undefined) throw new Error(`${profile.project}: "${profile.names[rank]}" has no ${kind} property`)
  return found
}

/** The property that is null most often. */
function nullable(profile: Profile, rank: number): PropertyFacts {
  const some = profile.properties.get(profile.names[rank]) ?? []
  return some.reduce((a, b) => (b.nulls > a.nulls ? b : a))
}

const named = (profile: Profile, ...ranks: number[]): Selector => ({ events: ranks.map((rank) => profile.names[rank]) })

function having(profile: Profile, rank: number, where: Filter): Selector {
  return { ...named(profile, rank), where }
}

function equals(property: PropertyFacts, rank: number): Filter {
  return { property: property.name, op: 'eq', value: property.values[rank] }
}

/** The ending of the most frequent path, or the beginning of the most frequent text. */
function part(property: PropertyFacts): string {
  const text = String(property.values[0])
  const dot = text.lastIndexOf('.')
  return dot > 0 ? text.slice(dot) : text.slice(0, 3)
}

// ------------------------------------------------------------------------------------ forms

const segmentation: Form<SegmentationQuery>[] = [
  (p) => ({
    select: named(p, 0),
    measure: 'total',
    unit: 'month',
    breakdown: [{ property: facts(p, 0, 'label').name }],
    limit: 10,
  }),
  () => ({ select: {}, measure: 'unique', unit: 'week', timezone: 'Europe/Berlin' }),
  (p) => ({
    select: named(p, 1),
    measure: { sum: { property: facts(p, 1, 'number').name } },
    unit: 'month',
    timezone: 'America/New_York',
    breakdown: [{ property: facts(p, 1, 'label').name }],
    limit: 5,
  }),
  (p) => {
    const number = facts(p, 1, 'number')
    const where: Filter = { not: { property: number.name, op: 'gt', value: Number(number.values[3]) } }
    return { select: having(p, 1, where), measure: { average: { property: number.name } }, unit: 'day', ...p.busy }
  },
  (p) => ({ select: named(p, 0, 1), measure: 'perUser', unit: 'day', timezone: 'Asia/Kathmandu', ...p.busy }),
  (p) => ({
    select: named(p, 1),
    measure: { max: { property: facts(p, 1, 'number').name } },
    breakdown: [{ property: facts(p, 1, 'label').name }, { property: facts(p, 1, 'boolean').name }],
  }),
  (p) => ({
    select: named(p, 0),
    measure: 'unique',
    unit: 'month',
    breakdown: [{ property: facts(p, 0, 'wide').name }],
    limit: 20,
  }),
  (p) => {
    const wide = facts(p, 0, 'wide')
    const where: Filter = { property: wide.name, op: 'contains', value: part(wide) }
    return { select: having(p, 0, where), measure: 'total', unit: 'hour', timezone: 'Australia/Lord_Howe', ...p.busy }
  },
  (p) => ({
    select: {},
    measure: 'unique',
    unit: 'month',
    breakdown: [{ field: 'event' }, { property: facts(p, 0, 'label').name }],
    limit: 25,
  }),
  (p) => {
    const [label, number] = [facts(p, 0, 'label'), facts(p, 1, 'number')]
    const or: Filter[] = [
      { property: label.name, op: 'eq', value: label.values[1] },
      { property: number.name, op: 'lt', value: Number(number.values[1]) },
    ]
    return {
      select: { where: { or } },
      measure: { min: { property: number.name } },
      unit: 'week',
      breakdown: [{ property: label.name }],
      limit: 3,
    }
  },
]

const funnel: Form<FunnelQuery>[] = [
  (p) => ({ steps: [named(p, 1), named(p, 0)], windowMs: hour }),
  (p) => ({ steps: [named(p, 1), named(p, 0), named(p, 2)], entry: 'latest' }),
  (p) => {
    const label = facts(p, 0, 'label')
    return {
      steps: [having(p, 0, equals(label, 0)), having(p, 0, equals(label, 1)), having(p, 0, equals(label, 0))],
      windowMs: 30 * day,
    }
  },
  (p) => ({ steps: [named(p, 0), named(p, 1), named(p, 0), named(p, 1), named(p, 0)], windowMs: 3 * day, ...p.busy }),
  (p) => ({ steps: [named(p, 2), named(p, 0), named(p, 1)], windowMs: day, graceMs: 2000, entry: 'latest' }),
  (p) => ({ steps: [{}, {}, {}, {}], windowMs: 10_000, entry: 'latest', ...p.busy }),
  (p) => {
    const wide = facts(p, 0, 'wide')
    return {
      steps: [having(p, 0, { property: wide.name, op: 'contains', value: part(wide) }), named(p, 2)],
      windowMs: 14 * day,
      entry: 'latest',
    }
  },
  (p) => {
    const [number, label] = [facts(p, 1, 'number'), facts(p, 0, 'label')]
    return {
      steps: [having(p, 1, { property: number.name, op: 'ge', value: 2 }), having(p, 0, equals(label, 0))],
      windowMs: 0,
    }
  },
  (p) => ({ steps: [named(p, 0, 1), named(p, 0), named(p, 1, 2)], windowMs: 60_000, graceMs: 60_000 }),
  (p) => ({ steps: Array.from({ length: 10 }, (_, i) => named(p, i % 2)), windowMs: 366 * day, entry: 'latest' }),
]

const retention: Form<RetentionQuery>[] = [
  (p) => ({ birth: named(p, 1), return: named(p, 0), unit: 'day', count: 7, ...p.busy }),
  () => ({ birth: {}, return: {}, unit: 'month', count: 12, mode: 'calendar', timezone: 'Europe/Berlin' }),
  (p) => ({ birth: named(p, 0), return: named(p, 1), unit: 'week', count: 8, criteria: 'on' }),
  (p) => ({ birth: having(p, 0, equals(facts(p, 0, 'label'), 0)), return: named(p, 0), unit: 'month', count: 6 }),
  (p) => ({
    birth: named(p, 1),
    return: named(p, 1),
    unit: 'day',
    count: 30,
    mode: 'calendar',
    criteria: 'on',
    timezone: 'America/St_Johns',
  }),
  (p) => ({ birth: named(p, 0, 1), return: named(p, 2), unit: 'week', count: 12, mode: 'calendar' }),
  (p) => {
    const number = facts(p, 1, 'number')
    return {
      birth: named(p, 1),
      return: having(p, 1, { property: number.name, op: 'gt', value: Number(number.values[0]) }),
      unit: 'month',
      count: 3,
      criteria: 'on',
    }
  },
  (p) => ({ birth: {}, return: named(p, 0), unit: 'day', count: 90, timezone: 'Pacific/Apia', ...p.busy }),
  (p) => ({
    birth: named(p, 1),
    return: {},
    unit: 'week',
    count: 4,
    mode: 'calendar',
    criteria: 'on',
    timezone: 'Australia/Lord_Howe',
    ...p.busy,
  }),
  (p) => ({ birth: named(p, 2), return: named(p, 0), unit: 'month', count: 12, mode: 'calendar' }),
]

const exporting: Form<ExportQuery>[] = [
  (p) => ({ select: named(p, 2), ...p.busy }),
  (p) => ({ select: named(p, 1), limit: 500 }),
  (p) => ({ select: having(p, 0, equals(facts(p, 0, 'label'), 2)) }),
  (p) => ({ select: {}, copies: 'all', timezone: 'Europe/Berlin', ...p.busy }),
  (p) => ({ select: having(p, 1, { property: facts(p, 1, 'number').name, op: 'gt', value: 20 }), copies: 'all' }),
  (p) => ({
    select: { where: { property: facts(p, 0, 'wide').name, op: 'eq', value: facts(p, 0, 'wide').values[0] } },
  }),
  (p) => ({ select: named(p, 0, 2), limit: 2000, ...p.busy }),
  (p) => {
    const label = facts(p, 0, 'label')
    return {
      select: having(p, 0, { not: { property: label.name, op: 'in', value: label.values.slice(0, 2) } }),
      limit: 3000,
    }
  },
  (p) => ({
    select: having(p, 1, { property: nullable(p, 1).name, op: 'type', value: 'null' }),
    limit: 1000,
    copies: 'all',
  }),
  () => ({ select: { where: { field: 'distinct_id', op: 'lt', value: '2' } }, limit: 5000 }),
]
