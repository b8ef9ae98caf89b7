/**
 * Which copies are repeats (ADR 0003): an event is a duplicate if and only if an event with the same project, user,
 * name, insert id and UTC day lies earlier in the log.
 */
import { comparePositions, type LoggedEvent, type StoredEvent, utcDay } from './event.ts'

/** By the definition: every event against every other. */
export function markDuplicates(events: readonly LoggedEvent[]): StoredEvent[] {
  return events.map((event) => ({
    ...event,
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
    marked[index] = { ...event, duplicate: seen.has(key) }
    seen.add(key)
  }
  return marked
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
