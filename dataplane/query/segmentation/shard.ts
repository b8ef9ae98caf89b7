/**
 * A segmentation on one shard: passes over ranges of users and partitions of groups, each bounded in
 * memory. Its answers are partials; ids and bitmaps of users never leave it.
 */
import type { StripeEntry } from '../../storage/segment/contract.ts'
import type { QueryContext } from '../context.ts'
import { leavesOf } from '../filter/filter.ts'
import { needsOf } from '../filter/reference.ts'
import type { SegmentationRequest } from '../request/request.ts'
import { Rows, Selector } from '../rows/select.ts'
import { openSources, type PositionRange, type Sources } from '../scan/frames.ts'
import { type Pass, runPasses, tooWide } from '../scan/passes.ts'
import { type PlannedSlice, planSlices } from '../scan/plan.ts'
import { type ScanWants, scanSlices } from '../scan/scan.ts'
import { bucketOf } from '../time/buckets.ts'
import type { ShardView } from '../view.ts'
import { ByName } from './by-name.ts'
import { type CellOptions, Cells } from './cells.ts'
import { type GroupOptions, Groups, type Key } from './groups.ts'
import type { KeyPartition } from './keys.ts'
import { mergePartials, type SegmentationPartial } from './partial.ts'
import { SegmentationPass } from './pass.ts'

export interface KeyCount {
  readonly key: Key
  readonly events: number
}

/** Index of the reference whose values are too many for one pass; the caller partitions it further. */
export interface TooManyGroups {
  readonly reference: number
}

export class ShardSegmentation {
  readonly #request: SegmentationRequest
  readonly #context: QueryContext
  readonly #planned: readonly PlannedSlice[]
  readonly #sources: Sources
  readonly #rows: Rows
  readonly #selector: Selector

  static async open(view: ShardView, request: SegmentationRequest, context: QueryContext): Promise<ShardSegmentation> {
    const planned = planSlices(view.sources, request.project, request)
    const wants = { project: request.project, join: countsUsers(request), ids: needs(request).ids }
    return new ShardSegmentation(request, {
      context,
      planned,
      sources: await openSources(view.sources, planned, { wants, context }),
    })
  }

  constructor(
    request: SegmentationRequest,
    { context, planned, sources }: { context: QueryContext; planned: readonly PlannedSlice[]; sources: Sources },
  ) {
    this.#request = request
    this.#context = context
    this.#planned = planned
    this.#sources = sources
    this.#rows = new Rows({
      from: request.from,
      to: request.to,
      where: request.select.where,
    })
    this.#selector = new Selector(context.cost)
  }

  /** All groups, if they are no more than the request shows; else `undefined`. */
  async all(): Promise<SegmentationPartial | undefined> {
    return this.#partial({ references: this.#request.breakdown.length, groupsMax: this.#request.limit })
  }

  /** The given groups, and all others as one. */
  async fixed(keys: readonly Key[]): Promise<SegmentationPartial> {
    const partial = await this.#partial({ references: this.#request.breakdown.length, fixed: keys })
    return partial!
  }

  /** Events of every group of a partition of the keys. */
  async count(partitions: readonly KeyPartition[]): Promise<readonly KeyCount[] | TooManyGroups> {
    const { from, breakdown } = this.#request
    const request: SegmentationRequest = {
      ...this.#request,
      measure: { kind: 'total' },
      buckets: Float64Array.of(from),
    }
    const groupsMax = this.#context.limits.passGroupsMax
    const groups = new Groups({ references: breakdown.length, groupsMax, partitions })
    const cells = new Cells(this.#cellOptions(request, { positions: everyone, answerValuesMax: groupsMax + 2 }))
    await this.#run(
      new SegmentationPass({ request, rows: this.#rows, selector: this.#selector, groups, cells }),
      undefined,
    )
    if (groups.overflowed) {
      const [first, second] = groups.keys
      return { reference: second !== undefined && second.size > first!.size ? 1 : 0 }
    }
    return Array.from({ length: groups.count }, (_, group) => ({
      key: groups.keyOf(group),
      events: cells.eventsOf(group),
    }))
  }

  async #partial(options: GroupOptions): Promise<SegmentationPartial | undefined> {
    // Rows without a user may have the position after the last.
    const end = countsUsers(this.#request) ? this.#sources.users + 1 : 1
    let overflowed = false
    const partials = await runPasses(end, 32, async (pass) => {
      const partial = overflowed ? undefined : await this.#pass(options, pass)
      overflowed ||= partial === undefined
      return partial
    })
    if (overflowed) return undefined
    const complete = partials.filter((partial) => partial !== undefined)
    const merged = mergePartials(complete, this.#request.measure.kind)
    const tooMany = 'groupsMax' in options && merged.groups.length > options.groupsMax
    return tooMany ? undefined : merged
  }

  /** `undefined`: more groups than an open pass may take. */
  async #pass(
    options: GroupOptions,
    { positions, whole, narrowest }: Pass,
  ): Promise<SegmentationPartial | undefined | typeof tooWide> {
    const groups = new Groups(options)
    // Beyond the groups that are shown there is room for `other`, and for a group to come.
    const answerValuesMax = this.#context.limits.answerValuesMax + 2 * this.#request.buckets.length
    const cells = new Cells({
      ...this.#cellOptions(this.#request, { positions, answerValuesMax }),
      mayBeTooWide: !narrowest,
    })
    await this.#run(
      new SegmentationPass({ request: this.#request, rows: this.#rows, selector: this.#selector, groups, cells }),
      whole ? undefined : positions,
    )
    if (groups.overflowed) return undefined
    return cells.tooWide ? tooWide : partialOf(groups, cells)
  }

  async #run(pass: SegmentationPass, positions: PositionRange | undefined): Promise<void> {
    const wants = this.#wants(positions)
    for await (const { frame, parts } of scanSlices(this.#planned, this.#sources, { wants, context: this.#context })) {
      for (const part of parts) {
        pass.add(part, frame)
        if (pass.stopped) return
      }
    }
  }

  #wants(positions: PositionRange | undefined): ScanWants {
    const { select, breakdown, buckets, from, to } = this.#request
    const { properties, ids } = needs(this.#request)
    return {
      names: select.events,
      range: this.#request,
      users: countsUsers(this.#request) || properties.length > 0 || ids || breakdown.length > 0,
      times: (slice) =>
        bucketOf(buckets, Math.max(from, slice.minTime)) !== bucketOf(buckets, Math.min(to - 1, slice.maxTime)),
      properties,
      byRuns: this.#byRuns(),
      split: false,
      positions,
      usersOnly: false,
    }
  }

  /** The stripes that `ByName` counts, when the filter looks at nothing but users. */
  #byRuns(): ((stripe: StripeEntry) => boolean) | undefined {
    const { select, buckets, from, to } = this.#request
    const leaves = leavesOf(select.where)
    const byName = leaves.some(({ reference }) => reference.kind === 'field' && reference.field === 'event')
    if (byName || !ByName.answers(this.#request)) return undefined
    return ({ minTime, maxTime }) =>
      bucketOf(buckets, Math.max(from, minTime)) === bucketOf(buckets, Math.min(to - 1, maxTime))
  }

  #cellOptions(request: SegmentationRequest, rest: Pick<CellOptions, 'positions' | 'answerValuesMax'>): CellOptions {
    const { passBytesMax } = this.#context.limits
    return {
      measure: request.measure.kind,
      buckets: request.buckets.length,
      passBytesMax,
      mayBeTooWide: false,
      ...rest,
    }
  }
}

const everyone: PositionRange = { start: 0, end: 0 }

function countsUsers({ measure }: SegmentationRequest): boolean {
  return measure.kind === 'unique' || measure.kind === 'perUser'
}

function needs({ select, breakdown, measure }: SegmentationRequest) {
  const measured = 'reference' in measure ? [measure.reference] : []
  return needsOf([...leavesOf(select.where).map((leaf) => leaf.reference), ...breakdown, ...measured])
}

function partialOf(groups: Groups, cells: Cells): SegmentationPartial {
  cells.grow(groups.count + 1)
  const all = Array.from({ length: groups.count }, (_, group) => group)
  const rows = all.map((group) => ({ key: groups.keyOf(group), row: cells.rowOf([group]) }))
  return {
    // A fixed group may have no event here.
    groups: rows.filter(({ key, row }) => key.length === 0 || row.events > 0),
    other: groups.other < 0 ? undefined : cells.rowOf([groups.other]),
    overall: cells.rowOf(groups.other < 0 ? all : [...all, groups.other]),
  }
}
