/** Export: the chosen events, sorted by every clause of the page's order. Sorting is linear enough to serve large streams too. */
import { compareBinary, utf8 } from './canonical.ts'
import { comparePositions, type StoredEvent, utcDay } from './event.ts'
import { instant, selects } from './filter.ts'
import { placementHash } from './placement.ts'
import type { ExportLine, ExportQuery } from './query.ts'

export function exported(events: readonly StoredEvent[], query: ExportQuery): ExportLine[] {
  const zone = query.timezone ?? 'UTC'
  const from = instant(query.from, zone)
  const to = instant(query.to, zone)
  return events
    .filter(
      (event) =>
        event.project === query.project &&
        event.time >= from &&
        event.time < to &&
        (query.copies === 'all' || !event.duplicate) &&
        selects(query.select, event, zone),
    )
    .map((event) => ({
      event,
      day: Math.floor(event.time / utcDay),
      name: utf8(event.event),
      h: placementHash(event),
      user: utf8(event.distinct_id),
    }))
    .sort(
      (a, b) =>
        a.day - b.day ||
        compareBinary(a.name, b.name) ||
        a.h - b.h ||
        compareBinary(a.user, b.user) ||
        a.event.time - b.event.time ||
        comparePositions(a.event.position, b.event.position),
    )
    .slice(0, query.limit)
    .map(({ event }) => ({
      event: event.event,
      distinct_id: event.distinct_id,
      time: event.time,
      insert_id: event.insert_id,
      properties: event.properties,
      ...(event.duplicate ? { duplicate: true as const } : {}),
    }))
}
