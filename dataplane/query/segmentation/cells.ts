/**
 * Accumulators of a segmentation pass: one cell per group and bucket. Kernels add runs of users or
 * batches of rows; `rowOf` makes plain data of a group.
 *
 * Users are counted exactly by a bitmap per cell over the positions of the pass; bitmaps are made
 * when a cell is first touched, and the pass says `tooWide` when they outgrow its budget: it is then
 * done again over fewer users.
 */
import { bug } from '../../../common/errors/errors.ts'
import { tooLarge } from '../context.ts'
import type { Measure } from '../request/request.ts'
import type { RowBatch } from '../rows/batch.ts'
import { popcount } from '../rows/bits.ts'
import type { SelectedRuns } from '../rows/runs.ts'
import type { PositionRange } from '../scan/frames.ts'
import { ExactSums, type SumState } from '../sums/exact.ts'
import { positionMask } from '../users/join.ts'

export interface CellOptions {
  readonly measure: Measure['kind']
  readonly buckets: number
  readonly positions: PositionRange
  readonly passBytesMax: number
  /** False for a pass that cannot be made narrower. */
  readonly mayBeTooWide: boolean
  readonly answerValuesMax: number
}

/** A group, `other` or all events, as plain data; a list has an entry per bucket. What the measure does not need is absent. */
export interface CellRow {
  readonly events: number
  /** Events; those that have a user for `perUser`. */
  readonly counts?: readonly number[]
  readonly users?: readonly number[]
  /** Users of the whole range. */
  readonly usersTotal?: number
  readonly sums?: readonly SumState[]
  /** How many numbers were found. */
  readonly numbers?: readonly number[]
  /** Least or greatest number; null where there is none. */
  readonly extremes?: readonly (number | null)[]
}

export class Cells {
  /** The bitmaps have outgrown the budget; what the pass has is incomplete. */
  tooWide = false
  readonly #options: CellOptions
  readonly #words: number
  #groups = 0
  #events = new Float64Array(0)
  #counts = new Float64Array(0)
  #numbers = new Float64Array(0)
  #extremes = new Float64Array(0)
  readonly #sums = new ExactSums(0)
  readonly #bitmaps: (Uint32Array | undefined)[] = []
  #bitmapBytes = 0

  constructor(options: CellOptions) {
    this.#options = options
    this.#words = (options.positions.end - options.positions.start + 31) >>> 5
  }

  /** Bitmaps begin with the user of this position. */
  get firstPosition(): number {
    return this.#options.positions.start
  }

  /** A bit of bitmaps that stands for nobody. */
  get unusedBit(): number {
    return this.#words * 32
  }

  /** Users are counted, so kernels hand over positions. */
  get countsUsers(): boolean {
    return this.#options.measure === 'unique' || this.#options.measure === 'perUser'
  }

  /** Makes room for groups `[0, groups)`. Throws `QUERY_TOO_LARGE`. */
  grow(groups: number): void {
    if (groups <= this.#groups) return
    const { buckets, answerValuesMax, measure } = this.#options
    if (groups * buckets > answerValuesMax)
      tooLarge('values of the answer (groups × buckets)', groups * buckets, answerValuesMax)
    this.#groups = Math.max(groups, Math.min(this.#groups * 2, Math.floor(answerValuesMax / buckets)), 16)
    const cells = this.#groups * buckets
    this.#events = resized(this.#events, this.#groups)
    if (measure === 'total' || measure === 'perUser') this.#counts = resized(this.#counts, cells)
    if (measure === 'sum' || measure === 'average') this.#sums.grow(cells)
    if (measure === 'average') this.#numbers = resized(this.#numbers, cells)
    if (measure === 'min' || measure === 'max') {
      const before = this.#extremes.length
      this.#extremes = resized(this.#extremes, cells).fill(Number.NaN, before)
    }
  }

  /** `count` events of one cell; for `perUser`, events that have a user. */
  addRows(group: number, bucket: number, count: number): void {
    this.#events[group] = this.#events[group]! + count
    if (this.#options.measure === 'unique') return
    const cell = group * this.#options.buckets + bucket
    this.#counts[cell] = this.#counts[cell]! + count
  }

  /** Users of a cell are added to it by setting their bits. */
  bitmap(group: number, bucket: number): Uint32Array {
    return this.#bitmap(group * this.#options.buckets + bucket)
  }

  /** A bitmap of no cell, with no bit set. */
  spareBitmap(): Uint32Array {
    return new Uint32Array(this.#words + 1)
  }

  addBitmap(group: number, bucket: number, bits: Uint32Array): void {
    orInto(this.bitmap(group, bucket), bits)
  }

  /** Events of a group whose users were added by bits. */
  addEvents(group: number, count: number): void {
    this.#events[group] = this.#events[group]! + count
  }

  /** Runs of users, all of one bucket; `groups` by run, or one for all. Negative groups are left out. */
  addRuns(
    groups: Int32Array | number,
    bucket: number,
    { runs, position }: { runs: SelectedRuns; position: Uint32Array },
  ): void {
    const { buckets, measure, positions } = this.#options
    const { user, rows, count } = runs
    let group = typeof groups === 'number' ? groups : noCell
    let bits: Uint32Array | undefined
    let inUsers = 0
    let all = 0
    const flush = (): void => {
      if (group < 0) return
      this.#events[group] = this.#events[group]! + all
      if (measure === 'unique') return
      const cell = group * buckets + bucket
      this.#counts[cell] = this.#counts[cell]! + (measure === 'total' ? all : inUsers)
    }
    if (typeof groups === 'number' && measure !== 'total') bits = this.#bitmap(group * buckets + bucket)
    for (let run = 0; run < count; run++) {
      if (typeof groups !== 'number' && groups[run] !== group) {
        flush()
        group = groups[run]!
        all = 0
        inUsers = 0
        bits = measure === 'total' || group < 0 ? undefined : this.#bitmap(group * buckets + bucket)
      }
      const taken = rows[run]!
      all += taken
      if (bits === undefined) continue
      const at = position[user[run]!]!
      if (at > positionMask) continue
      inUsers += taken
      const bit = at - positions.start
      bits[bit >>> 5] = bits[bit >>> 5]! | (1 << (bit & 31))
    }
    flush()
  }

  /** Rows of a batch: group (negative ones are left out) and bucket per row. */
  addBatch(batch: RowBatch, { groups, buckets, position, values }: BatchCells): void {
    const perGroup = this.#options.buckets
    for (let i = 0; i < batch.count; i++) {
      const group = groups[i]!
      if (group < 0) continue
      this.#events[group] = this.#events[group]! + 1
      const cell = group * perGroup + buckets[i]!
      if (values !== undefined) this.#addNumber(cell, values[i]!)
      else if (position === undefined) this.#counts[cell] = this.#counts[cell]! + 1
      else this.#addUser(cell, position[batch.user[i]!]!)
    }
  }

  #addUser(cell: number, position: number): void {
    if (position > positionMask) return
    if (this.#options.measure === 'perUser') this.#counts[cell] = this.#counts[cell]! + 1
    const bit = position - this.#options.positions.start
    const bits = this.#bitmap(cell)
    bits[bit >>> 5] = bits[bit >>> 5]! | (1 << (bit & 31))
  }

  #addNumber(cell: number, value: number): void {
    if (Number.isNaN(value)) return
    switch (this.#options.measure) {
      case 'average':
        this.#numbers[cell] = this.#numbers[cell]! + 1
        this.#sums.add(cell, value)
        break
      case 'sum':
        this.#sums.add(cell, value)
        break
      case 'min':
        if (!(this.#extremes[cell]! <= value)) this.#extremes[cell] = value
        break
      case 'max':
        if (!(this.#extremes[cell]! >= value)) this.#extremes[cell] = value
        break
      default:
        bug(`the measure ${this.#options.measure} takes no numbers`)
    }
  }

  #bitmap(cell: number): Uint32Array {
    const known = this.#bitmaps[cell]
    if (known !== undefined) return known
    this.#bitmapBytes += this.#words * 4
    const { passBytesMax, mayBeTooWide } = this.#options
    if (this.#bitmapBytes > passBytesMax && mayBeTooWide) this.tooWide = true
    const bits = new Uint32Array(this.#words + 1)
    this.#bitmaps[cell] = bits
    return bits
  }

  eventsOf(group: number): number {
    return this.#events[group]!
  }

  /** Some groups as one row of plain data: events add up, a user counts once. */
  rowOf(groups: readonly number[]): CellRow {
    const { measure, buckets } = this.#options
    const events = groups.reduce((sum, group) => sum + this.#events[group]!, 0)
    const each = <Result>(of: (bucket: number) => Result): Result[] =>
      Array.from({ length: buckets }, (_, bucket) => of(bucket))
    const cells = (bucket: number): number[] => groups.map((group) => group * buckets + bucket)
    const added = (values: Float64Array): number[] => {
      return each((bucket) => cells(bucket).reduce((sum, cell) => sum + values[cell]!, 0))
    }
    switch (measure) {
      case 'total':
        return { events, counts: added(this.#counts) }
      case 'unique':
        return { events, ...this.#users(each(cells)) }
      case 'perUser':
        return { events, counts: added(this.#counts), ...this.#users(each(cells)) }
      case 'sum':
      case 'average': {
        const sums = each((bucket) => this.#sumOf(cells(bucket)))
        return measure === 'sum' ? { events, sums } : { events, sums, numbers: added(this.#numbers) }
      }
      case 'min':
      case 'max':
        return { events, extremes: each((bucket) => this.#extreme(cells(bucket))) }
    }
  }

  #users(cells: readonly (readonly number[])[]): { users: number[]; usersTotal: number } {
    const union = new Uint32Array(this.#words)
    const total = new Uint32Array(this.#words)
    const users = cells.map((some) => {
      union.fill(0)
      for (const cell of some) orInto(union, this.#bitmaps[cell])
      orInto(total, union)
      return popcount(union, 0, this.#words * 32)
    })
    return { users, usersTotal: popcount(total, 0, this.#words * 32) }
  }

  #sumOf(cells: readonly number[]): SumState {
    if (cells.length === 1) return this.#sums.state(cells[0]!)
    const sum = new ExactSums(1)
    for (const cell of cells) sum.addState(0, this.#sums.state(cell))
    return sum.state(0)
  }

  #extreme(cells: readonly number[]): number | null {
    const numbers = cells.map((cell) => this.#extremes[cell]!).filter((value) => !Number.isNaN(value))
    if (numbers.length === 0) return null
    return numbers.reduce((a, b) => (a < b === (this.#options.measure === 'min') ? a : b))
  }
}

export interface BatchCells {
  readonly groups: Int32Array
  readonly buckets: Int32Array
  /** Position by slice user, when users are counted. */
  readonly position: Uint32Array | undefined
  /** Number per row, NaN for none, when the measure is of numbers. */
  readonly values: Float64Array | undefined
}

const noCell = -1

function resized(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length)
  larger.set(values)
  return larger
}

function orInto(into: Uint32Array, bits: Uint32Array | undefined): void {
  if (bits === undefined) return
  for (let w = 0; w < into.length; w++) into[w] = into[w]! | bits[w]!
}
