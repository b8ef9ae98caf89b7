/** Does an event match? References, filters and selectors, read word by word from the query page. */
import { canonical, compareText, same, typeName } from './canonical.ts'
import type { Json, SentEvent } from './event.ts'
import type { Filter, Instant, Reference, Selector } from './query.ts'
import { instantOfText } from './time-text.ts'

/** The instant of a query's `from` or `to`. */
export function instant(at: Instant, zone: string): number {
  if (typeof at === 'number') return at
  const found = instantOfText(at, zone)
  if (found === undefined) throw new Error(`oracle: "${at}" is no local time`)
  return found
}

/** What the reference finds in the event; `undefined` = missing. */
export function lookup(event: SentEvent, reference: Reference, zone: string): Json | undefined {
  const found = 'field' in reference ? event[reference.field] : follow(event.properties, reference.property)
  if (reference.as !== 'time' || found === undefined) return found
  return typeof found === 'string' ? instantOfText(found, zone) : undefined
}

function follow(properties: SentEvent['properties'], path: string | readonly string[]): Json | undefined {
  let at: Json | undefined = properties
  for (const key of typeof path === 'string' ? [path] : path) {
    if (at === undefined || typeName(at) !== 'object' || !Object.hasOwn(at as object, key)) return undefined
    at = (at as Record<string, Json>)[key]
  }
  return at
}

export function selects(selector: Selector, event: SentEvent, zone: string): boolean {
  if (selector.events !== undefined && !selector.events.includes(event.event)) return false
  return selector.where === undefined || matches(selector.where, event, zone)
}

export function matches(filter: Filter, event: SentEvent, zone: string): boolean {
  if ('and' in filter) return filter.and.every((part) => matches(part, event, zone))
  if ('or' in filter) return filter.or.some((part) => matches(part, event, zone))
  if ('not' in filter) return !matches(filter.not, event, zone)
  const found = lookup(event, filter, zone)
  if (filter.op === 'ne') return found === undefined || !same(found, wanted(filter, filter.value, zone))
  if (found === undefined) return false
  switch (filter.op) {
    case 'set':
      return true
    case 'type':
      return typeName(found) === filter.value
    case 'eq':
      return same(found, wanted(filter, filter.value, zone))
    case 'in': {
      const text = canonical(found)
      return filter.value.some((value) => canonical(wanted(filter, value, zone)) === text)
    }
    case 'contains':
      return contains(found, filter.value)
    default:
      return inOrder(filter.op, found, wanted(filter, filter.value, zone))
  }
}

/** The value of a condition: with `as: time` a text stands for its instant. */
function wanted(reference: Reference, value: Json, zone: string): Json {
  if (reference.as !== 'time' || typeof value !== 'string') return value
  return instant(value, zone)
}

function contains(found: Json, value: Json): boolean {
  if (typeof found === 'string') return typeof value === 'string' && found.includes(value)
  return Array.isArray(found) && found.some((item) => same(item, value))
}

function inOrder(op: 'lt' | 'le' | 'gt' | 'ge', a: Json, b: Json): boolean {
  let order: number
  if (typeof a === 'number' && typeof b === 'number') order = a - b
  else if (typeof a === 'string' && typeof b === 'string') order = compareText(a, b)
  else return false
  if (op === 'lt') return order < 0
  if (op === 'le') return order <= 0
  return op === 'gt' ? order > 0 : order >= 0
}
