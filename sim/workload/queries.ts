/** Queries of every type over the projects and names of `events.ts`, small enough for the brute-force oracle. */
import type { Filter, Query, Reference, Selector } from '../../oracle/query.ts'
import type { SeededRandom } from '../random.ts'
import { names, projects, timesFrom, timesTo } from './events.ts'

const property = (name: string): Reference => ({ property: name })

export function drawQuery(random: SeededRandom): Query {
  const common = {
    project: random.pick(projects),
    from: random.chance(0.7) ? timesFrom : timesFrom + 3,
    to: random.chance(0.7) ? timesTo : timesTo - 60_000 + 4,
  }
  switch (random.below(4)) {
    case 0:
      return {
        type: 'segmentation',
        ...common,
        select: drawSelector(random),
        measure: random.pick(['total', 'unique', 'perUser', { sum: property('n') }, { max: property('n') }] as const),
        ...(random.chance(0.5) ? { unit: 'day' as const } : {}),
        breakdown: random.pick([
          [],
          [property('s')],
          [{ field: 'event' }],
          [{ field: 'distinct_id' }],
        ] as Reference[][]),
        limit: random.pick([1, 3, 60]),
      }
    case 1:
      return {
        type: 'funnel',
        ...common,
        steps: Array.from({ length: 2 + random.below(2) }, () => drawSelector(random)),
        windowMs: random.pick([0, 4, 90_000_000]),
        entry: random.pick(['first', 'latest'] as const),
      }
    case 2:
      return {
        type: 'retention',
        ...common,
        birth: drawSelector(random),
        return: drawSelector(random),
        unit: 'day',
        count: 2,
        mode: random.pick(['rolling', 'calendar'] as const),
        criteria: random.pick(['on', 'onOrAfter'] as const),
      }
    default:
      return { type: 'export', ...common, select: {}, copies: random.pick(['first', 'all'] as const) }
  }
}

/** Everything of a project. */
export function totalQuery(project: string): Query {
  return { type: 'segmentation', project, from: timesFrom, to: timesTo, select: {}, measure: { sum: property('n') } }
}

function drawSelector(random: SeededRandom): Selector {
  const where: Filter[] = [
    { ...property('s'), op: 'eq', value: 'x' },
    { not: { ...property('s'), op: 'set' } },
    { ...property('n'), op: 'lt', value: 10 },
  ]
  return {
    ...(random.chance(0.8) ? { events: [random.pick(names), random.pick(names)] } : {}),
    ...(random.chance(0.3) ? { where: random.pick(where) } : {}),
  }
}
