/** Local units of time: where minutes, hours, days, weeks and months of a zone begin. */
import { instantOf, wallClock } from './zone.ts'

export type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month'

const day = 86_400_000
const lengths: Partial<Record<Unit, number>> = { minute: 60_000, hour: 3_600_000 }
/** Days before an instant by which its unit has begun, whatever the clocks did. */
const lookback: Record<Unit, number> = { minute: 3, hour: 3, day: 3, week: 9, month: 34 }

/** Starts of all whole units that touch `[from, to]`: the first is at or before `from`, the last at or before `to`. */
export function unitStarts(zone: string, unit: Unit, from: number, to: number): number[] {
  const days = dayStarts(zone, unit, from, to)
  const length = lengths[unit]
  const starts = length === undefined ? days : days.flatMap((start, i) => steps(start, days[i + 1] ?? to + 1, length))
  const covering = starts.filter((start) => start <= from).length - 1
  return starts.slice(covering).filter((start) => start <= to)
}

/** Starts of the buckets of `[from, to)`: the first is `from` itself. Without a unit there is one. */
export function bucketStarts(zone: string, unit: Unit | undefined, from: number, to: number): number[] {
  if (unit === undefined) return [from]
  const starts = unitStarts(zone, unit, from, to - 1)
  return [from, ...starts.slice(1)]
}

/** Starts of local days (or of the weeks and months among them), from before `from` to past `to`. Dates that the calendar skips add none. */
function dayStarts(zone: string, unit: Unit, from: number, to: number): number[] {
  const starts: number[] = []
  let date = Math.floor(wallClock(zone, from) / day) * day - lookback[unit] * day
  const last = Math.floor(wallClock(zone, to) / day) * day + 2 * day
  for (; date <= last; date += day) {
    if (unit === 'week' && new Date(date).getUTCDay() !== 1) continue
    if (unit === 'month' && new Date(date).getUTCDate() !== 1) continue
    const start = instantOf(zone, date)
    if (starts.length === 0 || start > starts[starts.length - 1]) starts.push(start)
  }
  return starts
}

function steps(start: number, end: number, length: number): number[] {
  const out: number[] = []
  for (let at = start; at < end; at += length) out.push(at)
  return out
}
