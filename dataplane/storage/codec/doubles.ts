/**
 * A sequence of doubles. Most numbers that people send are decimals of few digits, which are integers
 * after a multiplication; the rest stay as they are.
 *
 *     head:  kind u8, then
 *       0 raw      nothing
 *       1 scaled   flags u8 (1: high parts, 2: exceptions) · exponent u8 · smallest zigzag
 *                  · high parts (integers) · low parts (integers)
 *                  · exceptions varint, their places (ascending)
 *       2 table    doubles varint · index per value (integers)
 *     body:
 *       0 raw      doubles, little-endian
 *       1 scaled   exceptions as doubles, last
 *       2 table    the doubles, before the indexes
 *
 *     value of scaled = (smallest + high · 2^32 + low) / 10^exponent
 *
 * The scaled form is used for values that come back bit for bit. Method: the decimal scaling with
 * exceptions of ALP (Afroozeh, Kuffó, Boncz 2023), one exponent a column.
 *
 * Does not: decode; `doubles-reader.ts` does.
 */
import { writeAscending } from './ascending.ts'
import type { ColumnSink } from './body.ts'
import { type IntsPlan, planInts, writeInts } from './ints.ts'

export const rawKind = 0
export const scaledKind = 1
export const tableKind = 2
export const wideFlag = 1
export const exceptionsFlag = 2
export const exponentMax = 15
export const twoTo32 = 4294967296

/** Scaled integers beyond this are not used, so that differences of two stay exact. */
const scaledMax = 2 ** 51
const sampleSize = 256

export function writeDoubles(values: Float64Array, sink: ColumnSink): void {
  const scaled = planScaled(values)
  const raw = 1 + 8 * values.length
  const table = (scaled?.bytes ?? Infinity) < raw / 2 ? undefined : planTable(values)
  if (table !== undefined && table.bytes < Math.min(raw, scaled?.bytes ?? Infinity)) writeTable(table, sink)
  else if (scaled !== undefined && scaled.bytes < raw) writeScaled(values, scaled, sink)
  else {
    sink.head.u8(rawKind)
    sink.bytes(bytesOf(values))
  }
}

function bytesOf(values: Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

interface ScaledPlan {
  readonly exponent: number
  readonly smallest: number
  readonly low: Uint32Array
  readonly lowPlan: IntsPlan
  /** Where values differ by 2^32 or more. */
  readonly high: Uint32Array | undefined
  readonly exceptions: Uint32Array
  readonly bytes: number
}

function planScaled(values: Float64Array): ScaledPlan | undefined {
  const exponent = bestExponent(values)
  const scale = 10 ** exponent
  const exceptions: number[] = []
  let smallest = Infinity
  let largest = -Infinity
  for (let i = 0; i < values.length; i++) {
    const scaled = Math.round(values[i] * scale)
    if (scaled / scale !== values[i] || Math.abs(scaled) > scaledMax) exceptions.push(i)
    else {
      if (scaled < smallest) smallest = scaled
      if (scaled > largest) largest = scaled
    }
  }
  if (exceptions.length > values.length / 4) return undefined
  if (values.length === 0) smallest = largest = 0
  const wide = largest - smallest >= twoTo32
  const low = new Uint32Array(values.length)
  const high = wide ? new Uint32Array(values.length) : undefined
  let exception = 0
  for (let i = 0; i < values.length; i++) {
    if (exceptions[exception] === i) {
      exception++
      continue
    }
    const offset = Math.round(values[i] * scale) - smallest
    low[i] = offset % twoTo32
    if (high !== undefined) high[i] = Math.floor(offset / twoTo32)
  }
  const lowPlan = planInts(low)
  const bytes = 6 + lowPlan.bytes + (high === undefined ? 0 : planInts(high).bytes) + 10 * exceptions.length
  return { exponent, smallest, low, lowPlan, high, exceptions: Uint32Array.from(exceptions), bytes }
}

/** The smallest power of ten that makes most values of a sample come back. */
function bestExponent(values: Float64Array): number {
  const step = Math.max(1, Math.floor(values.length / sampleSize))
  let best = 0
  let fewest = Infinity
  for (let exponent = 0; exponent <= exponentMax && fewest > 0; exponent++) {
    const scale = 10 ** exponent
    let failed = 0
    for (let i = 0; i < values.length; i += step) {
      const scaled = Math.round(values[i] * scale)
      if (scaled / scale !== values[i] || Math.abs(scaled) > scaledMax) failed++
    }
    if (failed < fewest) {
      fewest = failed
      best = exponent
    }
  }
  return best
}

function writeScaled(values: Float64Array, plan: ScaledPlan, sink: ColumnSink): void {
  const { exponent, smallest, low, lowPlan, high, exceptions } = plan
  sink.head.u8(scaledKind)
  sink.head.u8((high === undefined ? 0 : wideFlag) | (exceptions.length === 0 ? 0 : exceptionsFlag))
  sink.head.u8(exponent)
  sink.head.zigzag(smallest)
  if (high !== undefined) writeInts(high, sink)
  writeInts(low, sink, lowPlan)
  if (exceptions.length === 0) return
  sink.head.varint(exceptions.length)
  writeAscending(exceptions, sink)
  sink.bytes(bytesOf(Float64Array.from(exceptions, (i) => values[i])))
}

interface TablePlan {
  readonly table: Float64Array
  readonly indexes: Uint32Array
  readonly plan: IntsPlan
  readonly bytes: number
}

/** Distinct doubles, when each occurs four times or more. */
function planTable(values: Float64Array): TablePlan | undefined {
  const indexOf = new Map<number, number>()
  const most = values.length / 4
  for (let i = 0; i < values.length; i++) {
    if (indexOf.has(values[i])) continue
    if (indexOf.size >= most) return undefined
    indexOf.set(values[i], 0)
  }
  const table = Float64Array.from(indexOf.keys()).sort()
  table.forEach((value, i) => {
    indexOf.set(value, i)
  })
  const indexes = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) indexes[i] = indexOf.get(values[i])!
  const plan = planInts(indexes)
  return { table, indexes, plan, bytes: 4 + 8 * table.length + plan.bytes }
}

function writeTable({ table, indexes, plan }: TablePlan, sink: ColumnSink): void {
  sink.head.u8(tableKind)
  sink.head.varint(table.length)
  sink.bytes(bytesOf(table))
  writeInts(indexes, sink, plan)
}
