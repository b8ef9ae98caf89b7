/**
 * A funnel on one shard: users of each level, by passes over ranges of users. Only these counts
 * leave the shard.
 */
import { type QueryContext, tooLarge } from '../context.ts'
import { type Selector as EventSelector, leavesOf } from '../filter/filter.ts'
import { needsOf } from '../filter/reference.ts'
import type { FunnelRequest } from '../request/request.ts'
import { Rows, Selector } from '../rows/select.ts'
import { closeSources, openSources, type Sources } from '../scan/frames.ts'
import { type Pass, runPasses, tooWide } from '../scan/passes.ts'
import { type PlannedSlice, planSlices, type TimeRange } from '../scan/plan.ts'
import { type ScanWants, scanSlices } from '../scan/scan.ts'
import type { ShardView } from '../view.ts'
import { ChainLevels } from './chain.ts'
import { MarkCollector } from './collect.ts'
import { GraceLevels } from './grace.ts'
import { Marks } from './marks.ts'

/** A mark and its user, and the sorted copy of both. */
const markBytes = 24
/** Marks are exact up to 2^53. */
const markMax = 2 ** 53

/** `users[i]`: users whose level is at least `i + 1`. */
export interface FunnelPartial {
  readonly users: readonly number[]
}

export async function funnelOfShard(
  view: ShardView,
  request: FunnelRequest,
  context: QueryContext,
): Promise<FunnelPartial> {
  const range = reachOf(request)
  const planned = planSlices(view.sources, request.project, range)
  const references = request.steps.flatMap((step) => leavesOf(step.where).map((leaf) => leaf.reference))
  const needs = needsOf(references)
  const wants = { project: request.project, join: true, ids: needs.ids }
  const sources = await openSources(view.sources, planned, { wants, context })
  const scan: ScanWants = {
    names: namesOf(request.steps),
    range,
    users: true,
    times: () => true,
    properties: needs.properties,
    split: needs.names || request.steps.some((step) => step.events !== undefined),
    positions: undefined,
    usersOnly: true,
  }
  const funnel = { request, context, planned, sources, scan, selector: new Selector(context.cost) }
  const partials = await runPasses(sources.users, 1, (pass) => runPass(funnel, pass))
  closeSources(sources, context.memory)
  const users = request.steps.map((_, step) => partials.reduce((sum, partial) => sum + partial.users[step]!, 0))
  return { users }
}

interface Funnel {
  readonly request: FunnelRequest
  readonly context: QueryContext
  readonly planned: readonly PlannedSlice[]
  readonly sources: Sources
  readonly scan: ScanWants
  readonly selector: Selector
}

async function runPass(funnel: Funnel, { positions, whole, narrowest }: Pass): Promise<FunnelPartial | typeof tooWide> {
  const { request, context, planned, sources, selector } = funnel
  const marksMax = Math.floor(context.limits.passBytesMax / markBytes)
  const marks = new Marks(marksMax, context.memory)
  const base = baseOf(planned, funnel.scan.range, request.steps.length)
  const rows = rowsOf(request, funnel.scan.range)
  const collector = new MarkCollector({
    steps: request.steps,
    rows,
    selector,
    marks,
    base,
    firstPosition: positions.start,
  })
  const wants = { ...funnel.scan, positions: whole ? undefined : positions }
  for await (const { frame, parts } of scanSlices(planned, sources, { wants, context })) {
    for (const part of parts) collector.add(part, frame)
    if (!marks.tooMany) continue
    marks.release()
    return narrowest ? tooLarge('events of one user in a funnel', marks.wanted, marksMax) : tooWide
  }
  const sorted = marks.sorted(positions.end - positions.start)
  marks.release()
  const partial = countLevels(request, sorted, marks.overlapping)
  context.memory.give(sorted.marks)
  context.memory.give(sorted.ends)
  return partial
}

function countLevels(request: FunnelRequest, sorted: ReturnType<Marks['sorted']>, overlapping: boolean): FunnelPartial {
  const steps = request.steps.length
  // One end more than there are users.
  const users = sorted.ends.length - 1
  const chains = new ChainLevels({ ...request, steps })
  const grace = new GraceLevels({ ...request, steps })
  const levels = new Array<number>(steps + 1).fill(0)
  let start = 0
  for (let user = 0; user < users; user++) {
    const end = sorted.ends[user]!
    if (start === end) continue
    let level: number
    if (request.graceMs > 0) level = grace.level(sorted.marks, start, end)
    else if (overlapping) level = chains.any(sorted.marks, start, end)
    else level = chains.single(sorted.marks, start, end)
    levels[level] = levels[level]! + 1
    start = end
  }
  // Users of a level are users of every level below.
  for (let level = steps - 1; level >= 1; level--) levels[level] = levels[level]! + levels[level + 1]!
  return { users: levels.slice(1) }
}

/** The time range in which events of a chain may lie. */
function reachOf({ from, to, windowMs, graceMs, steps }: FunnelRequest): TimeRange {
  const later = steps.length > 1 ? windowMs : 0
  return { from: from - graceMs * (steps.length - 1), to: to + later }
}

/** Events of the first step lie in the range of the query, the others in what it reaches. */
function rowsOf({ steps, from, to }: FunnelRequest, range: TimeRange): Rows[] {
  return steps.map(({ where }, step) => new Rows(step === 0 ? { from, to, where } : { ...range, where }))
}

function namesOf(steps: readonly EventSelector[]): ReadonlySet<string> | undefined {
  const names = new Set<string>()
  for (const { events } of steps) {
    if (events === undefined) return undefined
    for (const event of events) names.add(event)
  }
  return names
}

/** Time of mark 0: the first that can occur. Throws `QUERY_TOO_LARGE` when marks would not be exact. */
function baseOf(planned: readonly PlannedSlice[], range: TimeRange, steps: number): number {
  const first = planned.reduce((least, { entry }) => Math.min(least, entry.minTime), range.to)
  const last = planned.reduce((most, { entry }) => Math.max(most, entry.maxTime), range.from)
  const base = Math.max(range.from, first)
  const spanMs = Math.min(range.to, last) - base
  if ((spanMs + 1) * 2 ** steps > markMax)
    tooLarge('ms between the events of a funnel', spanMs, Math.floor(markMax / 2 ** steps))
  return base
}
