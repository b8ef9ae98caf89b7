/**
 * Buckets of time: minutes to months of a time zone.
 *
 * A local day begins at the instant that its local 00:00 means (`instantOf`). Weeks begin on
 * Monday, months on the first. Hours and minutes are of real time, counted from the start of their
 * local day, and cut by the next one. A day that a clock change skips whole is no bucket.
 */
import { dayMs } from '../../schema/event.ts'
import { dayNumber, yearMonth } from './calendar.ts'
import { instantOf, type Zone } from './zone.ts'

export type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month'

/** Shortest length of a unit, to refuse a range with too many buckets before it is walked. */
const shortestMs: Readonly<Record<Unit, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: dayMs,
  week: 7 * dayMs,
  month: 28 * dayMs,
}

export interface BucketRange {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly unit: Unit
  readonly zone: Zone
}

/**
 * Starts of the units that touch `[from, to)`, ascending; the first is the start of the unit that
 * `from` lies in, so it may lie before `from`. `undefined` when there are more than `max`.
 */
export function unitStarts({ from, to, unit, zone }: BucketRange, max: number): Float64Array | undefined {
  // Clock changes shorten at most a handful of units; a tenth is a wide margin that bounds the walk.
  if ((to - from) / shortestMs[unit] > max * (unit === 'month' ? 1.2 : 1.1) + 2) return undefined
  const starts: number[] = []
  const add = (start: number, end: number): boolean => {
    if (end > from && start < to && start < end) starts.push(start)
    return starts.length <= max
  }
  const calendar = unit === 'minute' || unit === 'hour' ? 'day' : unit
  const step = unit === 'minute' || unit === 'hour' ? shortestMs[unit] : Number.POSITIVE_INFINITY
  let date = firstDate(zone, from, calendar)
  let start = dayStart(zone, date)
  while (start < to) {
    date = nextDate(date, calendar)
    const end = dayStart(zone, date)
    // Parts before `from` are stepped over, not walked.
    let at = start + (from > start && step !== Number.POSITIVE_INFINITY ? Math.floor((from - start) / step) * step : 0)
    for (; at < end && at < to; at += step) {
      if (!add(at, Math.min(at + step, end))) return undefined
    }
    start = end
  }
  return Float64Array.from(starts)
}

/** Bucket starts of `[from, to)`: as `unitStarts`, the first cut to `from`. */
export function bucketStarts(range: BucketRange, max: number): Float64Array | undefined {
  const starts = unitStarts(range, max)
  if (starts !== undefined && starts.length > 0) starts[0] = Math.max(starts[0]!, range.from)
  return starts
}

/** Index of the last start `<= time`; -1 when there is none. `hint` is a guess, for times that come in order. */
export function bucketOf(starts: Float64Array, time: number, hint = 0): number {
  let index = hint
  if (index < starts.length && starts[index]! <= time && (index + 1 >= starts.length || time < starts[index + 1]!)) {
    return index
  }
  let [low, high] = [-1, starts.length]
  while (high - low > 1) {
    index = (low + high) >> 1
    if (starts[index]! <= time) low = index
    else high = index
  }
  return low
}

/** First instant of a date (a day number). */
function dayStart(zone: Zone, date: number): number {
  return instantOf(zone, date * dayMs)
}

/** First date of the unit that the instant lies in. */
function firstDate(zone: Zone, instant: number, unit: 'day' | 'week' | 'month'): number {
  let date = Math.floor((instant + zone.offsetAt(instant)) / dayMs)
  // Where clocks go back over midnight the later date has begun already.
  while (dayStart(zone, date + 1) <= instant) date++
  if (unit === 'week') return date - ((((date + 3) % 7) + 7) % 7)
  if (unit === 'month') {
    const { year, month } = yearMonth(date)
    return dayNumber(year, month, 1)
  }
  return date
}

function nextDate(date: number, unit: 'day' | 'week' | 'month'): number {
  if (unit === 'day') return date + 1
  if (unit === 'week') return date + 7
  const { year, month } = yearMonth(date)
  return month === 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1)
}
