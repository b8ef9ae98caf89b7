/** Retention by the words of the page: each cohort and interval asks every user anew. */
import { bucketStarts, unitStarts } from '../calendar.ts'
import { compareText } from '../canonical.ts'
import { comparePositions, type StoredEvent } from '../event.ts'
import { instant, selects } from '../filter.ts'
import type { RetentionQuery, RetentionResult } from '../query.ts'
import { byUser } from './funnel.ts'

interface Member {
  readonly birth: StoredEvent
  /** Intervals with a return. */
  readonly intervals: readonly number[]
}

export function retention(events: readonly StoredEvent[], query: RetentionQuery): RetentionResult {
  const zone = query.timezone ?? 'UTC'
  const from = instant(query.from, zone)
  const to = instant(query.to, zone)
  const members = byUser(events, query.project)
    .map((user) => memberOf(user, query))
    .filter((member) => member !== undefined)
  const starts = bucketStarts(zone, query.unit, from, to)
  const cohort = (some: readonly Member[]) => ({
    users: some.length,
    retained: Array.from(
      { length: query.count + 1 },
      (_, i) => some.filter((member) => isBack(member, i, query)).length,
    ),
  })
  return {
    cohorts: starts.map((start, i) => ({
      start,
      ...cohort(members.filter(({ birth }) => birth.time >= start && birth.time < (starts[i + 1] ?? to))),
    })),
    overall: cohort(members),
  }
}

function isBack(member: Member, interval: number, query: RetentionQuery): boolean {
  if (query.criteria === 'on') return member.intervals.includes(interval)
  return member.intervals.some((other) => other >= interval && other <= query.count)
}

function memberOf(user: readonly StoredEvent[], query: RetentionQuery): Member | undefined {
  const zone = query.timezone ?? 'UTC'
  const from = instant(query.from, zone)
  const to = instant(query.to, zone)
  const births = user.filter((event) => event.time >= from && event.time < to && selects(query.birth, event, zone))
  const birth = births.find((event) => !births.some((other) => comparePlace(other, event) < 0))
  if (birth === undefined) return undefined
  const returns = user.filter((event) => comparePlace(event, birth) > 0 && selects(query.return, event, zone))
  return { birth, intervals: returns.map((event) => intervalOf(birth.time, event.time, query, zone)) }
}

const days = { day: 1, week: 7, month: 30 }

function intervalOf(birth: number, time: number, query: RetentionQuery, zone: string): number {
  if (query.mode === 'calendar') return unitStarts(zone, query.unit, birth, time).length - 1
  return Math.floor((time - birth) / (days[query.unit] * 86_400_000))
}

/** Order of a user's events: time, name, log position. */
export function comparePlace(a: StoredEvent, b: StoredEvent): number {
  return a.time - b.time || compareText(a.event, b.event) || comparePositions(a.position, b.position)
}
