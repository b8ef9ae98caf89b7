/**
 * The questions that every engine is asked, as our query documents; `clickhouse.ts` and `duckdb.ts` hold
 * the same in SQL. Each has one way to write down its answer as lines, so that answers can be hashed
 * and compared between engines.
 *
 * Time bounds lie off any day and block edge, and a property filter is on each question but the last.
 */
import { createHash } from 'node:crypto'
import { dayMs, workloadDays, workloadProject, workloadStart } from '../workload/shape.ts'
import { eventNames, funnelSteps } from '../workload/vocabulary.ts'

export type Kind = 'countByEvent' | 'countByDay' | 'uniquesByEvent' | 'funnel' | 'retention'

export interface Conditions {
  readonly kind: Kind
  /** ms, `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly filter: { readonly property: string; readonly value: string } | undefined
}

export interface Question extends Conditions {
  readonly name: string
}

export const windowMs = 7 * dayMs
export const retentionDays = 7
export const steps: readonly string[] = funnelSteps.map((index) => eventNames[index])
export const birthEvent = steps[0]
export const returnEvent = eventNames[0]

const from = workloadStart + 3 * dayMs + 26_001_123
const to = workloadStart + (workloadDays - 3) * dayMs + 70_867_457
const ofUser = { property: 'plan', value: 'free' }
const ofSession = { property: 'browser', value: 'Chrome' }

const kinds: readonly (readonly [Kind, string])[] = [
  ['countByEvent', 'count by event'],
  ['countByDay', 'count by day'],
  ['uniquesByEvent', 'unique users by event'],
  ['funnel', '3-step funnel'],
  ['retention', '7-day retention'],
]

/** Filter on a property of the user; the same with one of the session; and one question that metadata can answer. */
export const questions: readonly Question[] = [
  ...kinds.map(([kind, name]) => ({ name, kind, from, to, filter: ofUser })),
  ...kinds.map(([kind, name]) => ({ name: `${name}, session filter`, kind, from, to, filter: ofSession })),
  {
    name: 'count by event, whole days, no filter (metadata)',
    kind: 'countByEvent',
    from: workloadStart + dayMs,
    to: workloadStart + (workloadDays - 1) * dayMs,
    filter: undefined,
  },
]

/** The question as a query document. */
export function queryDocument({ kind, from, to, filter }: Conditions): object {
  const where = filter === undefined ? {} : { where: { property: filter.property, op: 'eq', value: filter.value } }
  const common = { project: workloadProject, from, to }
  const byEvent = { breakdown: [{ field: 'event' }], limit: 10_000 }
  switch (kind) {
    case 'countByEvent':
      return { type: 'segmentation', ...common, select: where, measure: 'total', ...byEvent }
    case 'countByDay':
      return { type: 'segmentation', ...common, select: where, measure: 'total', unit: 'day' }
    case 'uniquesByEvent':
      return { type: 'segmentation', ...common, select: where, measure: 'unique', ...byEvent }
    case 'funnel':
      return {
        ...{ type: 'funnel', ...common, windowMs, entry: 'latest' },
        steps: steps.map((event) => ({ events: [event], ...where })),
      }
    case 'retention':
      return {
        ...{ type: 'retention', ...common, unit: 'day', count: retentionDays, mode: 'rolling', criteria: 'onOrAfter' },
        birth: { events: [birthEvent], ...where },
        return: { events: [returnEvent], ...where },
      }
  }
}

/** The event names that a question looks at; `undefined` = all. */
export function eventsNeeded(kind: Kind): readonly string[] | undefined {
  if (kind === 'funnel') return steps
  return kind === 'retention' ? [birthEvent, returnEvent] : undefined
}

interface Segmentation {
  readonly buckets: readonly number[]
  readonly groups: readonly { readonly key: readonly { readonly value?: unknown }[]; readonly total: number | null }[]
  readonly overall: { readonly values: readonly (number | null)[] }
}
interface Funnel {
  readonly steps: readonly { readonly users: number }[]
}
interface Retention {
  readonly cohorts: readonly { readonly start: number; readonly users: number; readonly retained: readonly number[] }[]
}

/** Our result as lines. Days without rows are left out, as SQL does. */
export function linesOfResult(kind: Kind, result: unknown): string[] {
  switch (kind) {
    case 'countByEvent':
    case 'uniquesByEvent':
      return (result as Segmentation).groups.map(({ key, total }) => `${key[0].value}\t${total}`).sort()
    case 'countByDay': {
      const { buckets, overall } = result as Segmentation
      return buckets
        .map((start, i) => ({ day: Math.floor(start / dayMs), count: overall.values[i] }))
        .filter(({ count }) => count !== 0)
        .map(({ day, count }) => `${day}\t${count}`)
        .sort()
    }
    case 'funnel':
      return (result as Funnel).steps.map(({ users }, i) => `${i + 1}\t${users}`)
    case 'retention':
      return (result as Retention).cohorts
        .filter(({ users }) => users > 0)
        .map(({ start, users, retained }) => [Math.floor(start / dayMs), users, ...retained].join('\t'))
        .sort()
  }
}

/** A peer's rows as lines. A funnel comes as users by level reached. */
export function linesOfRows(kind: Kind, rows: readonly (readonly string[])[]): string[] {
  if (kind !== 'funnel') return rows.map((row) => row.join('\t')).sort()
  return steps.map((_, i) => {
    const users = rows.reduce((sum, [level, count]) => (Number(level) > i ? sum + Number(count) : sum), 0)
    return `${i + 1}\t${users}`
  })
}

export function hashLines(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
}
