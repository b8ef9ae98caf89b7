/**
 * What a query has to read, decided from footers and slice headers alone (pure).
 *
 * A slice is read when it is of the project and touches the time range; a stripe when it has one of
 * the wanted names and touches it too.
 */
import type { Slice, SliceEntry, StripeEntry } from '../../storage/segment/contract.ts'
import type { SourceView } from '../view.ts'

export interface TimeRange {
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

export interface PlannedSlice {
  /** Index of the source in its shard. */
  readonly source: number
  readonly entry: SliceEntry
}

/** Slices to open, source by source in arrival order, days ascending. */
export function planSlices(sources: readonly SourceView[], project: string, range: TimeRange): PlannedSlice[] {
  return sources.flatMap(({ segment }, source) =>
    segment.slices
      .filter((entry) => entry.project === project && touches(entry, range))
      .map((entry) => ({ source, entry })),
  )
}

export interface PlannedStripes {
  readonly stripes: readonly StripeEntry[]
  readonly skipped: number
  /** Some of the rows to look at lie outside the range, so times have to be read. */
  readonly timed: boolean
}

/** `names`: event names that the query asks for; `undefined`: any. */
export function planStripes(slice: Slice, names: ReadonlySet<string> | undefined, range: TimeRange): PlannedStripes {
  const stripes = slice.stripes.filter(
    (stripe) => touches(stripe, range) && (names === undefined || stripe.events.some((event) => names.has(event))),
  )
  return {
    stripes,
    skipped: slice.stripes.length - stripes.length,
    timed: stripes.some((stripe) => !within(stripe, range)),
  }
}

function touches(times: { readonly minTime: number; readonly maxTime: number }, { from, to }: TimeRange): boolean {
  return times.maxTime >= from && times.minTime < to
}

/** Whether all times are in the range. */
export function within(
  times: { readonly minTime: number; readonly maxTime: number },
  { from, to }: TimeRange,
): boolean {
  return times.minTime >= from && times.maxTime < to
}
