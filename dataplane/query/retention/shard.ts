/**
 * A retention on one shard, by passes over ranges of users: first the births of all of them, then
 * their returns. Only counts per cohort leave the shard.
 */
import type { QueryContext } from '../context.ts'
import { type Selector as EventSelector, leavesOf } from '../filter/filter.ts'
import { needsOf } from '../filter/reference.ts'
import type { RetentionRequest } from '../request/request.ts'
import { RowBatch } from '../rows/batch.ts'
import { byEvent } from '../rows/part.ts'
import { Rows, Selector } from '../rows/select.ts'
import { openSources, type PositionRange, type Sources } from '../scan/frames.ts'
import { type Pass, runPasses, tooWide } from '../scan/passes.ts'
import { type PlannedSlice, planSlices, type TimeRange } from '../scan/plan.ts'
import { scanSlices } from '../scan/scan.ts'
import { bucketOf } from '../time/buckets.ts'
import type { ShardView } from '../view.ts'
import { Births, birthBytes, type NamedRows } from './births.ts'
import { lengthMs, Returns } from './returns.ts'

export interface CohortPartial {
  readonly users: number
  /** By interval, 0 to `count`. */
  readonly retained: readonly number[]
}

export async function retentionOfShard(
  view: ShardView,
  request: RetentionRequest,
  context: QueryContext,
): Promise<CohortPartial[]> {
  const births = { from: request.from, to: request.to }
  const returns = { from: request.from, to: returnsEnd(request) }
  const planned = planSlices(view.sources, request.project, returns)
  const ids = [request.birth, request.return].some((selector) => needsOfSelector(selector).ids)
  const sources = await openSources(view.sources, planned, {
    wants: { project: request.project, join: true, ids },
    context,
  })
  const selector = new Selector(context.cost)
  const retention: Retention = { request, context, planned, sources, selector, batch: new RowBatch() }
  const partials = await runPasses(sources.users, 1, async ({ positions, whole, narrowest }: Pass) => {
    const users = positions.end - positions.start
    if (users * (birthBytes + 12) > context.limits.passBytesMax && !narrowest) return tooWide
    const of = new Births(positions.start, users)
    const seen = whole ? undefined : positions
    await scan(retention, { events: request.birth, range: births, positions: seen }, (rows) => of.add(rows))
    const back = new Returns(request, of, positions.start)
    await scan(retention, { events: request.return, range: returns, positions: seen, born: of.time }, (rows) =>
      back.add(rows),
    )
    return cohortsOf(request, of, back)
  })
  return addCohorts(request, partials)
}

interface Retention {
  readonly request: RetentionRequest
  readonly context: QueryContext
  readonly planned: readonly PlannedSlice[]
  readonly sources: Sources
  readonly selector: Selector
  readonly batch: RowBatch
}

interface Wanted {
  readonly events: EventSelector
  readonly range: TimeRange
  readonly positions: PositionRange | undefined
  /** Birth by position of the pass: users without one are not looked at. */
  readonly born?: Float64Array
}

async function scan(
  retention: Retention,
  { events, range, positions }: Wanted,
  add: (rows: NamedRows) => void,
): Promise<void> {
  const { planned, sources, context, selector, batch } = retention
  const rows = new Rows({ ...range, where: events.where })
  const wants = {
    names: events.events,
    range,
    users: true,
    times: () => true,
    properties: needsOfSelector(events).properties,
    split: false,
    positions,
    usersOnly: true,
  }
  const touching = planned.filter(({ entry }) => entry.maxTime >= range.from && entry.minTime < range.to)
  for await (const { frame, parts } of scanSlices(touching, sources, { wants, context })) {
    for (const part of parts) {
      const selected = selector.select(part, rows)
      if (selected === undefined) continue
      const selection = selector.withoutStrays(part, selected)
      // Events of one time are ordered by name.
      for (const named of byEvent(part)) {
        const event = named.event!
        batch.fill(named, selection, { users: true, times: true, each: () => add({ batch, frame, event }) })
      }
      selector.done(selection)
    }
  }
}

function needsOfSelector(selector: EventSelector) {
  return needsOf(leavesOf(selector.where).map((leaf) => leaf.reference))
}

/** No return that counts lies at or after this instant. */
function returnsEnd({ mode, unit, count, to, cohorts, units }: RetentionRequest): number {
  if (mode === 'rolling') return to + (count + 1) * lengthMs[unit]
  return units[cohorts.length + count] ?? Number.POSITIVE_INFINITY
}

function cohortsOf(request: RetentionRequest, births: Births, returns: Returns): CohortPartial[] {
  const { cohorts, count, criteria } = request
  const users = new Float64Array(cohorts.length)
  const retained = Array.from(cohorts, () => new Float64Array(count + 1))
  let cohort = 0
  for (let user = 0; user < births.time.length; user++) {
    const birth = births.time[user]!
    if (birth === Number.POSITIVE_INFINITY) continue
    cohort = bucketOf(cohorts, birth, cohort)
    users[cohort] = users[cohort]! + 1
    let back = false
    for (let interval = count; interval >= 0; interval--) {
      const has = (returns.intervals[user * returns.words + (interval >>> 5)]! >>> (interval & 31)) % 2 === 1
      back = criteria === 'on' ? has : back || has
      if (back) retained[cohort]![interval] = retained[cohort]![interval]! + 1
    }
  }
  return retained.map((intervals, i) => ({ users: users[i]!, retained: [...intervals] }))
}

/** Passes and shards see different users, so their cohorts add up. */
export function addCohorts(
  request: RetentionRequest,
  partials: readonly (readonly CohortPartial[])[],
): CohortPartial[] {
  return Array.from(request.cohorts, (_, cohort) => ({
    users: partials.reduce((sum, partial) => sum + partial[cohort]!.users, 0),
    retained: Array.from({ length: request.count + 1 }, (_, interval) =>
      partials.reduce((sum, partial) => sum + partial[cohort]!.retained[interval]!, 0),
    ),
  }))
}
