/**
 * A retention on one shard, by passes over ranges of users and, in a pass, day by day: the births of
 * a day, then its returns. Births only move back in time, so those of a day are final once all its
 * slices have been looked at. Only counts per cohort leave the shard.
 */
import type { QueryContext } from '../context.ts'
import { type Selector as EventSelector, leavesOf } from '../filter/filter.ts'
import { needsOf } from '../filter/reference.ts'
import type { RetentionRequest } from '../request/request.ts'
import { RowBatch } from '../rows/batch.ts'
import { byEvent } from '../rows/part.ts'
import { Rows, Selector } from '../rows/select.ts'
import { closeSources, openSources, type Sources } from '../scan/frames.ts'
import { type Pass, runPasses, tooWide } from '../scan/passes.ts'
import { type PlannedSlice, planSlices, type TimeRange } from '../scan/plan.ts'
import { type ScannedSlice, scanDays } from '../scan/scan.ts'
import { bucketOf } from '../time/buckets.ts'
import type { ShardView } from '../view.ts'
import { Births, birthBytes, type NamedRows } from './births.ts'
import { lengthMs, Returns, returnBytes } from './returns.ts'

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
  const looks = {
    births: { events: request.birth.events, rows: new Rows({ ...births, where: request.birth.where }) },
    returns: { events: request.return.events, rows: new Rows({ ...returns, where: request.return.where }) },
  }
  const retention: Retention = {
    request,
    context,
    planned,
    sources,
    selector,
    looks,
    range: returns,
    batch: new RowBatch(),
  }
  const partials = await runPasses(sources.users, 1, (pass) => runPass(retention, pass))
  closeSources(sources, context.memory)
  return addCohorts(request, partials)
}

interface Retention {
  readonly request: RetentionRequest
  readonly context: QueryContext
  readonly planned: readonly PlannedSlice[]
  readonly sources: Sources
  readonly selector: Selector
  readonly looks: { readonly births: Look; readonly returns: Look }
  readonly range: TimeRange
  readonly batch: RowBatch
}

/** What is looked for in the parts of a day. */
interface Look {
  readonly events: ReadonlySet<string> | undefined
  readonly rows: Rows
}

async function runPass(
  retention: Retention,
  { positions, whole, narrowest }: Pass,
): Promise<CohortPartial[] | typeof tooWide> {
  const { request, context, planned, sources, looks, range } = retention
  const users = positions.end - positions.start
  if (users * (birthBytes + returnBytes) > context.limits.passBytesMax && !narrowest) return tooWide
  const births = new Births(positions.start, users, context.memory)
  const returns = new Returns(request, births, positions.start)
  const wants = {
    names: union(looks.births.events, looks.returns.events),
    range,
    users: true,
    times: () => true,
    properties: [...new Set([request.birth, request.return].flatMap((events) => needsOfSelector(events).properties))],
    split: false,
    positions: whole ? undefined : positions,
    usersOnly: true,
  }
  for await (const day of scanDays(planned, sources, { wants, context })) {
    look(retention, day, { ...looks.births, add: (rows) => births.add(rows) })
    look(retention, day, { ...looks.returns, add: (rows) => returns.add(rows) })
  }
  const cohorts = cohortsOf(request, births, returns)
  births.release()
  return cohorts
}

function look(
  { selector, batch }: Retention,
  day: readonly ScannedSlice[],
  { events, rows, add }: Look & { add(rows: NamedRows): void },
): void {
  for (const { frame, parts } of day) {
    for (const part of parts) {
      // Where names are asked for, those alone are looked at.
      const asked = events === undefined ? [part] : byEvent(part).filter(({ event }) => events.has(event!))
      for (const each of asked) {
        const selected = selector.select(each, rows)
        if (selected === undefined) continue
        const selection = selector.withoutStrays(each, selected)
        // Events of one time are ordered by name.
        for (const named of byEvent(each)) {
          const event = named.event!
          batch.fill(named, selection, { users: true, times: true, each: () => add({ batch, frame, event }) })
        }
        selector.done(selection)
      }
    }
  }
}

function union(
  a: ReadonlySet<string> | undefined,
  b: ReadonlySet<string> | undefined,
): ReadonlySet<string> | undefined {
  return a === undefined || b === undefined ? undefined : new Set([...a, ...b])
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
