/**
 * A run: rows of the tail, sorted and encoded like any segment, with the number of the log record of each
 * row, so that rows up to any offset vector can be told from later ones.
 *
 * Immutable. Views hold runs while the shard merges and drops them.
 */
import type { OffsetVector } from '../../schema/event.ts'
import type { Segment } from '../../storage/segment/contract.ts'
import { openSegment } from '../../storage/segment/open.ts'
import { BytesSource } from '../../storage/segment/source.ts'
import type { RecordTable } from '../records.ts'

/** Lowest and highest offset of a run's records, by partition. */
export type Span = ReadonlyMap<number, { readonly first: number; readonly last: number }>

type RunParts = Pick<Run, 'bytes' | 'records' | 'hashes' | 'span' | 'firstRecord'>

export class Run {
  readonly rows: number
  readonly bytes: Uint8Array
  /** Per slice of the segment: the record number of each row, in stored order. */
  readonly records: readonly Float64Array[]
  /**
   * Per slice of the segment: the hashes of the rows as the log gave them, four words each, in stored order.
   * `undefined` once no merge or cut will ask for them: views hold runs for longer.
   */
  hashes: readonly Uint32Array[] | undefined
  readonly span: Span
  /** Lowest record number. */
  readonly firstRecord: number
  #segment: Promise<Segment> | undefined
  #stripeStarts: Promise<number[][]> | undefined

  constructor({ bytes, records, hashes, span, firstRecord }: RunParts) {
    this.bytes = bytes
    this.records = records
    this.hashes = hashes
    this.span = span
    this.firstRecord = firstRecord
    this.rows = records.reduce((rows, { length }) => rows + length, 0)
  }

  segment(): Promise<Segment> {
    this.#segment ??= openSegment(new BytesSource(this.bytes, 'run of the tail'))
    return this.#segment
  }

  /** Per slice: the first row of each stripe. */
  stripeStarts(): Promise<number[][]> {
    this.#stripeStarts ??= this.#findStripes()
    return this.#stripeStarts
  }

  /** Bit per row of a slice, in stored order: set when the row lies in the window. */
  rowsIn(slice: number, records: RecordTable, { from, to }: Window): Uint32Array {
    const numbers = this.records[slice]!
    const bits = new Uint32Array((numbers.length + 31) >>> 5)
    for (let row = 0; row < numbers.length; row++) {
      const record = numbers[row]!
      if (!records.isBefore(record, from) && records.isBefore(record, to)) bits[row >>> 5]! |= 1 << (row & 31)
    }
    return bits
  }

  async #findStripes(): Promise<number[][]> {
    const segment = await this.segment()
    const slices = await Promise.all(segment.slices.map((entry) => segment.slice(entry)))
    return slices.map(({ stripes }) => {
      let next = 0
      return stripes.map(({ rows }) => {
        next += rows
        return next - rows
      })
    })
  }
}

/** Rows from one vector (what segments hold) to another (what a view reflects). */
export interface Window {
  readonly from: OffsetVector
  readonly to: OffsetVector
}

export type Part = 'all' | 'some' | 'none'

/** How much of a run lies before a vector. */
export function partBefore({ span }: Pick<Run, 'span'>, at: OffsetVector): Part {
  let [before, after] = [false, false]
  for (const [partition, { first, last }] of span) {
    const next = at.next.get(partition) ?? 0
    if (first < next) before = true
    if (last >= next) after = true
  }
  return !before ? 'none' : after ? 'some' : 'all'
}

/** How much of a run lies in a window; `some` may be nothing. */
export function partIn(run: Run, { from, to }: Window): Part {
  if (partBefore(run, from) === 'all' || partBefore(run, to) === 'none') return 'none'
  return partBefore(run, from) === 'none' && partBefore(run, to) === 'all' ? 'all' : 'some'
}

/** Span of several. */
export function joinSpans(spans: readonly Span[]): Span {
  const joined = new Map<number, { first: number; last: number }>()
  for (const span of spans) {
    for (const [partition, { first, last }] of span) {
      const known = joined.get(partition)
      joined.set(partition, {
        first: Math.min(first, known?.first ?? first),
        last: Math.max(last, known?.last ?? last),
      })
    }
  }
  return joined
}
