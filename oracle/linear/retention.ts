/** Retention for large streams: each user's events are sorted once, unit boundaries are listed once. */
import { byUser } from '../brute/funnel.ts'
import { comparePlace } from '../brute/retention.ts'
import { bucketStarts, unitStarts } from '../calendar.ts'
import type { StoredEvent } from '../event.ts'
import { instant, selects } from '../filter.ts'
import type { RetentionQuery, RetentionResult } from '../query.ts'
import { lastAtOrBefore } from './search.ts'

const lengths = { day: 86_400_000, week: 604_800_000, month: 2_592_000_000 }

export function retentionLinear(events: readonly StoredEvent[], query: RetentionQuery): RetentionResult {
  const zone = query.timezone ?? 'UTC'
  const from = instant(query.from, zone)
  const to = instant(query.to, zone)
  const users = byUser(events, query.project)
  let last = to
  for (const user of users) for (const event of user) last = Math.max(last, event.time)
  const units = query.mode === 'calendar' ? unitStarts(zone, query.unit, from, last) : []
  const interval = (birth: number, time: number) =>
    query.mode === 'calendar'
      ? lastAtOrBefore(units, time) - lastAtOrBefore(units, birth)
      : Math.floor((time - birth) / lengths[query.unit])

  const cohorts = bucketStarts(zone, query.unit, from, to).map((start) => ({ start, ...emptyCohort(query.count) }))
  const starts = cohorts.map(({ start }) => start)
  const overall = emptyCohort(query.count)
  for (const user of users) {
    const ordered = user
      .filter(
        (event) => event.time >= from && (selects(query.birth, event, zone) || selects(query.return, event, zone)),
      )
      .sort(comparePlace)
    const at = ordered.findIndex((event) => event.time < to && selects(query.birth, event, zone))
    if (at === -1) continue
    const birth = ordered[at].time
    const seen = new Array<boolean>(query.count + 1).fill(false)
    for (const event of ordered.slice(at + 1)) {
      const i = interval(birth, event.time)
      if (i <= query.count && selects(query.return, event, zone)) seen[i] = true
    }
    if (query.criteria !== 'on') for (let i = query.count; i > 0; i--) seen[i - 1] ||= seen[i]
    for (const cohort of [cohorts[lastAtOrBefore(starts, birth)], overall]) {
      cohort.users++
      for (let i = 0; i <= query.count; i++) if (seen[i]) cohort.retained[i]++
    }
  }
  return { cohorts, overall }
}

function emptyCohort(count: number): { users: number; retained: number[] } {
  return { users: 0, retained: new Array<number>(count + 1).fill(0) }
}
