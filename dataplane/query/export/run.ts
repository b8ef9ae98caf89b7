/**
 * Exports: rows of all shards in one order: UTC day, event name, h, user id, time, arrival.
 *
 * Held at a time: the stripes of one event name of one day, and the small ones that names share.
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { bug } from '../../../common/errors/errors.ts'
import type { Slice, Stripe, StripeEntry, UserTable } from '../../storage/segment/contract.ts'
import type { QueryContext } from '../context.ts'
import type { ExportRequest } from '../request/request.ts'
import { partOfName } from '../rows/part.ts'
import { Rows, Selector } from '../rows/select.ts'
import { frameOf, type JoinedFrame, openSources, type Source } from '../scan/frames.ts'
import { type PlannedSlice, planSlices, planStripes } from '../scan/plan.ts'
import type { ShardView } from '../view.ts'
import { ExportCursor, type ExportRow } from './row.ts'

interface OpenedSlice {
  readonly table: UserTable
  readonly slice: Slice
  readonly frame: JoinedFrame
  /** Order of arrival among slices of one day. */
  readonly arrival: number
  readonly stripes: readonly StripeEntry[]
  /** Loaded stripes that several names share. */
  readonly shared: Map<StripeEntry, Promise<Stripe>>
}

/** The rows of one event name on one UTC day, in order. Iterate before the next is asked for. */
export interface EventRows {
  readonly day: number
  readonly event: string
  readonly rows: Iterable<PlacedRow>
}

export interface PlacedRow {
  readonly row: ExportRow
  /** `h` of the user: rows of different shards are merged by day, event name and it. */
  readonly hash: number
}

/** By day, then event name. The limit of the request is not looked at. */
export async function* rowsByEvent(
  views: readonly ShardView[],
  request: ExportRequest,
  context: QueryContext,
): AsyncGenerator<EventRows> {
  const selector = new Selector(context.cost)
  const { from, to, select } = request
  const rows = new Rows({ from, to, where: select.where, copies: request.copies === 'all' })
  for (const { day, slices } of await slicesByDay(views, request, context)) {
    const opened = await Promise.all(slices.map((slice, arrival) => openSlice(slice, arrival, { request, context })))
    for (const event of namesOf(opened, request)) {
      await context.breathe()
      const cursors: ExportCursor[] = []
      for (const slice of opened) cursors.push(...(await cursorsOf(slice, event, { rows, selector, context })))
      yield { day, event, rows: merged(cursors) }
    }
  }
}

export async function* runExport(
  views: readonly ShardView[],
  request: ExportRequest,
  context: QueryContext,
): AsyncGenerator<ExportRow> {
  let left = request.limit
  for await (const { rows } of rowsByEvent(views, request, context)) {
    for (const { row } of rows) {
      yield row
      if (--left === 0) return
    }
  }
}

interface SourceSlice {
  readonly source: Source
  readonly planned: PlannedSlice
}

/** Slices of all shards by day, ascending; within a day shard by shard, in arrival order. */
async function slicesByDay(
  views: readonly ShardView[],
  request: ExportRequest,
  context: QueryContext,
): Promise<readonly { readonly day: number; readonly slices: readonly SourceSlice[] }[]> {
  const days = new Map<number, SourceSlice[]>()
  for (const view of views) {
    const planned = planSlices(view.sources, request.project, request)
    const wants = { project: request.project, join: false, ids: true }
    const sources = await openSources(view.sources, planned, { wants, context })
    for (const slice of planned) {
      const entry = { source: sources.byIndex.get(slice.source)!, planned: slice }
      const known = days.get(slice.entry.day)
      if (known === undefined) days.set(slice.entry.day, [entry])
      else known.push(entry)
    }
  }
  return [...days].sort(([a], [b]) => a - b).map(([day, slices]) => ({ day, slices }))
}

async function openSlice(
  { source, planned }: SourceSlice,
  arrival: number,
  { request, context }: { request: ExportRequest; context: QueryContext },
): Promise<OpenedSlice> {
  const slice = await source.view.segment.slice(planned.entry, { meter: context.cost })
  const { stripes, skipped } = planStripes(slice, request.select.events, request)
  context.cost.stripesRead += stripes.length
  context.cost.stripesSkipped += skipped
  return {
    table: source.table ?? bug('an export without user tables'),
    slice,
    frame: frameOf(source, slice, { positions: undefined, usersOnly: false, memory: context.memory }),
    arrival,
    stripes,
    shared: new Map(),
  }
}

/** Event names that occur and are wanted, by bytes. */
function namesOf(opened: readonly OpenedSlice[], { select }: ExportRequest): string[] {
  const names = new Set(opened.flatMap(({ stripes }) => stripes.flatMap((stripe) => stripe.events)))
  return [...names].filter((name) => select.events?.has(name) ?? true).sort(compareUtf8)
}

async function cursorsOf(
  opened: OpenedSlice,
  event: string,
  { rows, selector, context }: { rows: Rows; selector: Selector; context: QueryContext },
): Promise<ExportCursor[]> {
  const { table, frame, arrival } = opened
  const cursors: ExportCursor[] = []
  for (const entry of opened.stripes) {
    const index = entry.events.indexOf(event)
    if (index < 0) continue
    context.cost.enter('read')
    const stripe = await loadStripe(opened, entry, context)
    context.cost.enter('scan')
    const part = partOfName(frame, stripe, index)
    const cursor = ExportCursor.open({ part, table, arrival }, rows, selector)
    if (cursor !== undefined) cursors.push(cursor)
  }
  return cursors
}

function loadStripe({ slice, shared }: OpenedSlice, entry: StripeEntry, context: QueryContext): Promise<Stripe> {
  const known = shared.get(entry)
  if (known !== undefined) return known
  const want = { users: true, times: true, insertIds: true, properties: [...entry.properties] }
  const loading = slice.load(entry, want, context.cost)
  if (entry.events.length > 1) shared.set(entry, loading)
  return loading
}

function* merged(cursors: ExportCursor[]): Generator<PlacedRow> {
  const open = [...cursors]
  while (open.length > 0) {
    let least = 0
    for (let i = 1; i < open.length; i++) if (open[i]!.compare(open[least]!) < 0) least = i
    const cursor = open[least]!
    yield { row: cursor.row(), hash: cursor.hash }
    cursor.advance()
    if (cursor.done) open.splice(least, 1)
  }
}
