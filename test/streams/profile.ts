/** Counts of a stream, from which its questions are made: names, properties and values by how often they occur. */
import { compareText } from '../../oracle/canonical.ts'
import type { SentEvent } from '../../oracle/event.ts'

export interface Profile {
  readonly project: string
  /** Range of all times, end exclusive, and the 30 days with most events. */
  readonly whole: Range
  readonly busy: Range
  /** Event names, the most frequent first. */
  readonly names: readonly string[]
  readonly properties: ReadonlyMap<string, readonly PropertyFacts[]>
}

export interface Range {
  readonly from: number
  readonly to: number
}

export interface PropertyFacts {
  readonly name: string
  readonly count: number
  /** `label`: texts of 2 to 300 values; `wide`: texts of more; `number`, `boolean`: what their name says. */
  readonly kind: 'label' | 'wide' | 'number' | 'boolean'
  readonly nulls: number
  /** The most frequent values first. */
  readonly values: readonly (string | number | boolean)[]
}

const day = 86_400_000

export function profileOf(project: string, events: readonly SentEvent[]): Profile {
  const names = new Map<string, number>()
  const days = new Map<number, number>()
  const tables = new Map<string, Map<string, { nulls: number; values: Map<string | number | boolean, number> }>>()
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const { event, time, properties } of events) {
    raise(names, event)
    raise(days, Math.floor(time / day))
    first = Math.min(first, time)
    last = Math.max(last, time)
    const table = tables.get(event) ?? new Map()
    tables.set(event, table)
    for (const [name, value] of Object.entries(properties)) {
      const facts = table.get(name) ?? { nulls: 0, values: new Map() }
      table.set(name, facts)
      if (value === null) facts.nulls++
      else if (typeof value !== 'object') raise(facts.values, value)
    }
  }
  const properties = new Map(
    [...tables].map(([event, table]) => [
      event,
      [...table].flatMap(([name, { nulls, values }]) => factsOf(name, nulls, values)).sort((a, b) => b.count - a.count),
    ]),
  )
  const busiest = ranked(days)[0] * day
  return {
    project,
    whole: { from: first, to: last + 1 },
    busy: { from: busiest - 15 * day, to: busiest + 15 * day },
    names: ranked(names),
    properties,
  }
}

function factsOf(name: string, nulls: number, counts: ReadonlyMap<string | number | boolean, number>): PropertyFacts[] {
  const values = ranked(counts)
  if (values.length < 2) return []
  const count = [...counts.values()].reduce((a, b) => a + b, 0)
  const text = values.length > 300 ? 'wide' : 'label'
  const kind = typeof values[0] === 'string' ? text : (typeof values[0] as 'number' | 'boolean')
  return [{ name, count, kind, nulls, values }]
}

function raise<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Keys by count, then by text. */
function ranked<T>(counts: ReadonlyMap<T, number>): T[] {
  return [...counts].sort((a, b) => b[1] - a[1] || compareText(String(a[0]), String(b[0]))).map(([key]) => key)
}
