/** Segmentation by the words of the page: every number is a fresh look at all chosen events. */
import { bucketStarts } from '../calendar.ts'
import { canonical, compareBinary } from '../canonical.ts'
import type { Json, StoredEvent } from '../event.ts'
import { instant, lookup, selects } from '../filter.ts'
import type { Measure, Row, SegmentationQuery, SegmentationResult } from '../query.ts'
import { ExactSum } from '../sum.ts'

type Key = readonly (Json | undefined)[]

export function segmentation(events: readonly StoredEvent[], query: SegmentationQuery): SegmentationResult {
  const zone = query.timezone ?? 'UTC'
  const from = instant(query.from, zone)
  const to = instant(query.to, zone)
  const buckets = bucketStarts(zone, query.unit, from, to)
  const chosen = events.filter(
    (event) =>
      !event.duplicate &&
      event.project === query.project &&
      event.time >= from &&
      event.time < to &&
      selects(query.select, event, zone),
  )
  const row = (some: readonly StoredEvent[]): Row => ({
    events: some.length,
    values: buckets.map((start, i) =>
      measured(
        some.filter((event) => event.time >= start && event.time < (buckets[i + 1] ?? to)),
        query.measure,
        zone,
      ),
    ),
    total: measured(some, query.measure, zone),
  })
  const overall = row(chosen)
  if (query.breakdown === undefined || query.breakdown.length === 0)
    return { buckets, groups: [], other: null, overall }

  const references = query.breakdown
  const keyOf = (event: StoredEvent): Key => references.map((reference) => lookup(event, reference, zone))
  const keys: Key[] = []
  for (const event of chosen) if (!keys.some((key) => compareKeys(key, keyOf(event)) === 0)) keys.push(keyOf(event))
  const groups = keys
    .map((key) => ({ key, members: chosen.filter((event) => compareKeys(key, keyOf(event)) === 0) }))
    .sort((a, b) => b.members.length - a.members.length || compareKeys(a.key, b.key))
  const shown = groups.slice(0, query.limit ?? 60)
  const left = groups.slice(shown.length)
  const others = left.flatMap((group) => group.members)
  return {
    buckets,
    groups: shown.map(({ key, members }) => ({ key: key.map(keyPart), ...row(members) })),
    other: left.length === 0 ? null : { groups: left.length, ...row(others) },
    overall,
  }
}

export function keyPart(value: Json | undefined): { value?: Json } {
  return value === undefined ? {} : { value }
}

/** Missing comes first, then the canonical bytes. */
function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < a.length; i++) {
    const order = compareBinary(partText(a[i]), partText(b[i]))
    if (order !== 0) return order
  }
  return 0
}

function partText(value: Json | undefined): string {
  return value === undefined ? '' : canonical(value)
}

function measured(events: readonly StoredEvent[], measure: Measure, zone: string): number | null {
  if (measure === 'total') return events.length
  const withUser = events.filter((event) => event.distinct_id !== '')
  const users = new Set(withUser.map((event) => event.distinct_id)).size
  if (measure === 'unique') return users
  if (measure === 'perUser') return users === 0 ? null : withUser.length / users
  const reference = Object.values(measure)[0]
  const numbers = events.map((event) => lookup(event, reference, zone)).filter((value) => typeof value === 'number')
  if ('min' in measure) return numbers.length === 0 ? null : Math.min(...numbers)
  if ('max' in measure) return numbers.length === 0 ? null : Math.max(...numbers)
  const sum = new ExactSum()
  for (const number of numbers) sum.add(number)
  return 'sum' in measure ? sum.value() : sum.average()
}
