/**
 * Walks the parts of a shard that a query may need, slice by slice or day by day; the next is read
 * while one is being scanned, and no more than two are held.
 */
import type { Slice, SliceEntry, Stripe, StripeEntry, StripeWant } from '../../storage/segment/contract.ts'
import type { QueryContext } from '../context.ts'
import { type Part, partOfName } from '../rows/part.ts'
import { positionMask } from '../users/join.ts'
import {
  type FrameOptions,
  frameOf,
  type JoinedFrame,
  type PositionRange,
  type Source,
  type Sources,
} from './frames.ts'
import { type PlannedSlice, planStripes, type TimeRange, within } from './plan.ts'
import { ReadAhead } from './read-ahead.ts'

export interface ScanWants extends FrameOptions {
  /** Event names that some selector asks for; `undefined`: any. */
  readonly names: ReadonlySet<string> | undefined
  readonly range: TimeRange
  readonly users: boolean
  /** Whether times of all rows of a slice are needed, not only where the range cuts a stripe. */
  times(slice: SliceEntry): boolean
  readonly insertIds?: boolean
  readonly properties: readonly string[]
  /**
   * Stripes whose rows are counted by runs of users when all of them are in the range and nothing but users
   * decides (`ByName`): which rows are masked then does not matter.
   */
  byRuns?(stripe: StripeEntry): boolean
  /** A part per event name; else a stripe of many names may be one part. */
  readonly split: boolean
}

export interface ScannedSlice {
  readonly source: Source
  readonly frame: JoinedFrame
  readonly parts: readonly Part[]
}

interface Scan {
  readonly wants: ScanWants
  readonly context: QueryContext
}

interface LoadedSlice {
  readonly planned: PlannedSlice
  readonly source: Source
  readonly slice: Slice
  readonly stripes: readonly Stripe[]
}

/** Walks slice by slice. */
export async function* scanSlices(
  planned: readonly PlannedSlice[],
  sources: Sources,
  scan: Scan,
): AsyncGenerator<ScannedSlice> {
  const ahead = new ReadAhead(planned, sources, scan.context)
  for await (const slices of scanGroups(ahead.groups, sources, { ...scan, ahead })) yield* slices
}

/** Walks day by day, ascending: the slices of all sources that have one of the day, in arrival order. */
export function scanDays(
  planned: readonly PlannedSlice[],
  sources: Sources,
  scan: Scan,
): AsyncGenerator<readonly ScannedSlice[]> {
  const days = new Map<number, PlannedSlice[]>()
  for (const slice of planned) {
    const known = days.get(slice.entry.day)
    if (known === undefined) days.set(slice.entry.day, [slice])
    else known.push(slice)
  }
  const ascending = [...days].sort(([a], [b]) => a - b).map(([, slices]) => slices)
  const ahead = new ReadAhead(planned, sources, scan.context)
  return scanGroups(ascending, sources, { ...scan, ahead })
}

async function* scanGroups(
  groups: readonly (readonly PlannedSlice[])[],
  sources: Sources,
  scan: Scan & { ahead: ReadAhead },
): AsyncGenerator<readonly ScannedSlice[]> {
  const { ahead } = scan
  try {
    yield* walk(groups, sources, scan)
  } finally {
    await ahead.close()
  }
}

async function* walk(
  groups: readonly (readonly PlannedSlice[])[],
  sources: Sources,
  scan: Scan & { ahead: ReadAhead },
): AsyncGenerator<readonly ScannedSlice[]> {
  const { wants, context, ahead } = scan
  const { cost } = context
  const load = (at: number): Promise<LoadedSlice[]> | undefined => {
    const next = groups[at]
    if (next === undefined) return undefined
    const loading = Promise.all(next.map((slice) => loadSlice(sources.byIndex.get(slice.source)!, slice, scan)))
    // Awaited one turn later; an error must not count as unhandled until then.
    loading.catch(() => {})
    return loading
  }
  cost.enter('read')
  let loading = load(0)
  for (let at = 0; loading !== undefined; at++) {
    const loaded: LoadedSlice[] = await loading
    await context.breathe()
    loading = load(at + 1)
    cost.enter('scan')
    const scanned = loaded.flatMap(({ source, slice, stripes }) => {
      if (stripes.length === 0) return []
      const frame = frameOf(source, slice, { ...wants, memory: context.memory })
      return [{ source, frame, parts: stripes.flatMap((stripe) => partsOf(frame, stripe, wants)) }]
    })
    yield scanned
    for (const { frame } of scanned) context.memory.give(frame.position)
    for (const { slice, planned } of loaded) {
      slice.release()
      ahead.release(planned)
    }
    cost.enter('read')
  }
  cost.enter('merge')
}

async function loadSlice(
  source: Source,
  planned: PlannedSlice,
  { wants, context, ahead }: Scan & { ahead: ReadAhead },
): Promise<LoadedSlice> {
  const { cost } = context
  const { segment } = source.view
  const slice = await segment.slice(planned.entry, { ...ahead.readingOf(planned, segment), usersLater: true })
  const { stripes, skipped, timed } = planStripes(slice, wants.names, wants.range)
  cost.stripesRead += stripes.length
  cost.stripesSkipped += skipped
  const want: StripeWant = {
    users: wants.users || source.clip !== undefined,
    times: timed || wants.times(planned.entry),
    insertIds: wants.insertIds ?? false,
    properties: wants.properties,
    masks: masksOf(source, slice, wants),
  }
  return { planned, source, slice, stripes: stripes.length === 0 ? [] : await slice.loadAll(stripes, want, cost) }
}

function masksOf(source: Source, slice: Slice, wants: ScanWants): StripeWant['masks'] {
  const { byRuns, range, positions, properties } = wants
  if (byRuns === undefined || positions !== undefined || source.view.hidden !== undefined) return undefined
  // A stripe of several names needs them to tell the names' masked rows apart where no user is asked for.
  return (stripe) =>
    stripe.events.length > 1 ||
    !within(stripe, range) ||
    !byRuns(stripe) ||
    !properties.every((property) => slice.followsUsers(stripe, property))
}

function partsOf(frame: JoinedFrame, stripe: Stripe, { names, split, positions }: ScanWants): Part[] {
  const { events } = stripe.entry
  if (events.length > 1 && names === undefined && !split && positions === undefined) {
    const all = { first: 0, last: events.length }
    return [{ frame, stripe, start: 0, end: stripe.rows, event: undefined, names: all }]
  }
  const parts: Part[] = []
  for (let i = 0; i < events.length; i++) {
    if (names !== undefined && !names.has(events[i]!)) continue
    const part = partOfName(frame, stripe, i)
    const narrowed = positions === undefined ? part : narrow(part, frame, positions)
    if (narrowed.start < narrowed.end) parts.push(narrowed)
  }
  return parts
}

/** Rows of one event are sorted by user, so the users of a pass are a range of rows. */
function narrow(part: Part, frame: JoinedFrame, positions: PositionRange): Part {
  const { user, end: ends, count } = part.stripe.userRuns
  const rowOf = (position: number): number => {
    let [low, high] = [0, count]
    // Runs of this part only: those that end in it.
    while (low < high) {
      const middle = (low + high) >> 1
      const before =
        ends[middle]! <= part.start ||
        (ends[middle]! <= part.end && (frame.position[user[middle]!]! & positionMask) < position)
      if (before) low = middle + 1
      else high = middle
    }
    return Math.min(part.end, Math.max(part.start, low === 0 ? 0 : ends[low - 1]!))
  }
  const [start, end] = [rowOf(positions.start), rowOf(positions.end)]
  return start === part.start && end === part.end ? part : { ...part, start, end, names: undefined }
}
