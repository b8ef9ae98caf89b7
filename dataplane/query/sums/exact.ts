/**
 * Exact sums, one per cell, that are fast as long as they are simple.
 *
 * A cell is a pair of doubles whose exact sum is the sum so far (an error-free transformation). When
 * an addition would lose a bit, which takes values of very different size, the cell moves to a
 * superaccumulator. Either way the result is the exact sum rounded once (QRY-1): the order of rows,
 * blocks, passes and shards cannot show.
 *
 * Source of the method: Knuth, TAOCP vol. 2, 4.2.2 (TwoSum); Ogita, Rump, Oishi, "Accurate sum and
 * dot product" (2005).
 */
import { Superaccumulator } from './superaccumulator.ts'

/** A sum as plain data: the exact sum of its numbers, or limbs of a superaccumulator. */
export interface SumState {
  readonly high: number
  readonly low: number
  readonly limbs?: readonly number[]
}

/** Past this the steps of TwoSum could overflow. */
const pairMax = 2 ** 1000

export class ExactSums {
  /** NaN marks a cell that has moved to `#wide`. */
  #high: Float64Array
  #low: Float64Array
  readonly #wide = new Map<number, Superaccumulator>()

  constructor(cells: number) {
    this.#high = new Float64Array(cells)
    this.#low = new Float64Array(cells)
  }

  /** Makes room for cells `[0, cells)`. */
  grow(cells: number): void {
    if (cells <= this.#high.length) return
    const [high, low] = [this.#high, this.#low]
    this.#high = new Float64Array(cells)
    this.#low = new Float64Array(cells)
    this.#high.set(high)
    this.#low.set(low)
  }

  /** Adds a finite double to a cell. */
  add(cell: number, value: number): void {
    const high = this.#high[cell]!
    const low = this.#low[cell]!
    const sum = high + value
    const part = sum - high
    const error = high - (sum - part) + (value - part)
    const lower = low + error
    const lowerPart = lower - low
    const lost = low - (lower - lowerPart) + (error - lowerPart)
    if (lost !== 0 || !(sum < pairMax && sum > -pairMax)) {
      this.#addWide(cell, value)
      return
    }
    const top = sum + lower
    const topPart = top - sum
    this.#high[cell] = top
    this.#low[cell] = sum - (top - topPart) + (lower - topPart)
  }

  state(cell: number): SumState {
    const wide = this.#wide.get(cell)
    if (wide !== undefined) return { high: 0, low: 0, limbs: wide.toLimbs() }
    return { high: this.#high[cell]!, low: this.#low[cell]! }
  }

  addState(cell: number, { high, low, limbs }: SumState): void {
    this.add(cell, high)
    this.add(cell, low)
    if (limbs !== undefined) this.#wideOf(cell).addLimbs(limbs)
  }

  /** The nearest double; infinite when the sum lies past the largest. */
  round(cell: number): number {
    return this.#wide.get(cell)?.round() ?? this.#high[cell]!
  }

  #addWide(cell: number, value: number): void {
    this.#wideOf(cell).add(value)
  }

  #wideOf(cell: number): Superaccumulator {
    let wide = this.#wide.get(cell)
    if (wide === undefined) {
      wide = new Superaccumulator()
      wide.add(this.#high[cell]!)
      wide.add(this.#low[cell]!)
      this.#wide.set(cell, wide)
      this.#high[cell] = Number.NaN
    }
    return wide
  }
}

/** The sum of sums. */
export function addSums(states: Iterable<SumState>): SumState {
  const sum = new ExactSums(1)
  for (const state of states) sum.addState(0, state)
  return sum.state(0)
}

/** The nearest double of a sum; infinite when it lies past the largest. */
export function roundSum(state: SumState): number {
  const sum = new ExactSums(1)
  sum.addState(0, state)
  return sum.round(0)
}
