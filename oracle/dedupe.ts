/**
 * Which copies are repeats (ADR 0003): an event is a duplicate if and only if an event with the same project, user,
 * name, insert id and UTC day lies earlier in the log.
 */
import { comparePositions, type Json, type LoggedEvent, type StoredEvent, utcDay } from './event.ts'

/** By the definition: every event against every other. */
export function markDuplicates(events: readonly LoggedEvent[]): StoredEvent[] {
  return events.map((event) => ({
    ...kept(event),
    duplicate: events.some((other) => isCopy(event, other) && comparePositions(other.position, event.position) < 0),
  }))
}

/** The same in one pass over the log's order. */
export function markDuplicatesLinear(events: readonly LoggedEvent[]): StoredEvent[] {
  const seen = new Set<string>()
  const inOrder = events
    .map((event, index) => ({ event, index }))
    .sort((a, b) => comparePositions(a.event.position, b.event.position))
  const marked: StoredEvent[] = new Array(events.length)
  for (const { event, index } of inOrder) {
    const key = JSON.stringify([event.project, event.distinct_id, event.event, event.insert_id, dayOf(event)])
    marked[index] = { ...kept(event), duplicate: seen.has(key) }
    seen.add(key)
  }
  return marked
}

/** The event as it is stored: a number has one zero. */
function kept(event: LoggedEvent): LoggedEvent {
  return hasMinusZero(event.properties) ? { ...event, properties: oneZero(event.properties) } : event
}

function hasMinusZero(value: Json): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(hasMinusZero)
  return Object.is(value, -0)
}

function oneZero<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map(oneZero) as unknown as T
  if (typeof value !== 'object' || value === null) return value === 0 ? (0 as T) : value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, oneZero(item)])) as T
}

function isCopy(a: LoggedEvent, b: LoggedEvent): boolean {
  return (
    a.project === b.project &&
    a.distinct_id === b.distinct_id &&
    a.event === b.event &&
    a.insert_id === b.insert_id &&
    dayOf(a) === dayOf(b)
  )
}

function dayOf(event: LoggedEvent): number {
  return Math.floor(event.time / utcDay)
}
