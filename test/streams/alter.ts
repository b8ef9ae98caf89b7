/**
 * The proof that a query is sensitive: one event that it counts, altered. The copy gets another name and a time just
 * before the range, and the oracle's answer must change.
 *
 * Funnels and retention add up over users, so the event is looked for user by user: it counts when without it that
 * user's own answer differs.
 */
import { answerLinear } from '../../oracle/answer.ts'
import { canonical } from '../../oracle/canonical.ts'
import type { Json, StoredEvent } from '../../oracle/event.ts'
import { selects } from '../../oracle/filter.ts'
import type { ExportLine, Query, SegmentationQuery } from '../../oracle/query.ts'

/** Events of a user that are tried: a counted one is among the first, or another user is easier. */
const triesMax = 100

/** Index of an event that the query counts, and what to put in its place. Throws when there is none. */
export function alterOne(events: readonly StoredEvent[], query: Query): { index: number; altered: StoredEvent } {
  const from = Number(query.from)
  const alter = (event: StoredEvent): StoredEvent => ({ ...event, event: `${event.event}*`, time: from - 1 })
  const index = indexOfCounted(events, query, alter)
  if (index === -1) throw new Error(`${query.project}: no event that the ${query.type} counts`)
  return { index, altered: alter(events[index]) }
}

function indexOfCounted(
  events: readonly StoredEvent[],
  query: Query,
  alter: (event: StoredEvent) => StoredEvent,
): number {
  if (query.type === 'segmentation') return events.findIndex((event) => isChosen(event, query))
  if (query.type === 'export') {
    const [line] = answerLinear(events, { ...query, limit: 1 }) as ExportLine[]
    return events.findIndex((event) => event.insert_id === line.insert_id && event.event === line.event)
  }
  const nobody = text(answerLinear([], query))
  for (const user of smallUsers(events)) {
    const own = user.map((i) => events[i])
    const before = text(answerLinear(own, query))
    if (before === nobody) continue
    for (let i = 0; i < own.length && i < triesMax; i++) {
      const changed = own.with(i, alter(own[i]))
      if (text(answerLinear(changed, query)) !== before) return user[i]
    }
  }
  return -1
}

function isChosen(event: StoredEvent, query: SegmentationQuery): boolean {
  const inRange = event.time >= Number(query.from) && event.time < Number(query.to)
  return !event.duplicate && inRange && selects(query.select, event, query.timezone ?? 'UTC')
}

/** Indexes of the events of each user, the users with few events first: theirs are rarely redundant. */
function smallUsers(events: readonly StoredEvent[]): number[][] {
  const users = new Map<string, number[]>()
  events.forEach((event, i) => {
    if (event.duplicate) return
    const known = users.get(event.distinct_id)
    if (known === undefined) users.set(event.distinct_id, [i])
    else known.push(i)
  })
  return [...users.values()].sort((a, b) => a.length - b.length)
}

function text(result: unknown): string {
  return canonical(result as Json)
}
