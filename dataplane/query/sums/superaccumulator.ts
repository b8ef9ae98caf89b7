/**
 * An exact sum of any doubles: one wide fixed-point number that covers their whole range, so adding
 * is associative and the one rounding happens at the end.
 *
 *     limb i, a double that holds an integer, weighs 2^(26 i - 1074):
 *
 *     least double 2^-1074                                            2^1024      2^1110
 *     | limb 0 | limb 1 | …                                    | … limb 80 | headroom |
 *
 * A double of 53 bits touches three limbs. A limb may grow to 2^53 before carries are passed on.
 *
 * Source of the method: Kulisch, "Very fast and exact accumulation of products" (2011); the small
 * superaccumulator of Neal, "Fast exact summation using small and large superaccumulators" (2015).
 */
const limbBits = 26
const limbBase = 2 ** limbBits
const limbs = 84
/** An addition adds less than 2^28 to a limb. */
const additionsMax = 2 ** 24

const double = new DataView(new ArrayBuffer(8))

export class Superaccumulator {
  readonly #limbs: Float64Array
  #additions = 0

  /** Starts at 0, or at what `toLimbs` of another gave. */
  constructor(from?: readonly number[]) {
    this.#limbs = new Float64Array(limbs)
    if (from !== undefined) this.#limbs.set(from)
  }

  /** Adds a finite double. */
  add(value: number): void {
    double.setFloat64(0, value)
    const high = double.getUint32(0)
    const exponent = (high >>> 20) & 0x7ff
    const top = (high & 0xfffff) + (exponent === 0 ? 0 : 0x100000)
    const position = exponent === 0 ? 0 : exponent - 1
    const low = double.getUint32(4)
    const scale = 2 ** (position % limbBits) * (high >>> 31 === 0 ? 1 : -1)
    // 53 bits as two parts of 26 and 27; each shifted part still fits a double.
    const lower = (low & (limbBase - 1)) * scale
    const upper = (top * 64 + (low >>> limbBits)) * scale
    const at = Math.floor(position / limbBits)
    const lowerCarry = Math.trunc(lower / limbBase)
    const upperCarry = Math.trunc(upper / limbBase)
    const sum = this.#limbs
    sum[at] = sum[at]! + (lower - lowerCarry * limbBase)
    sum[at + 1] = sum[at + 1]! + lowerCarry + (upper - upperCarry * limbBase)
    sum[at + 2] = sum[at + 2]! + upperCarry
    if (++this.#additions === additionsMax) this.#carry()
  }

  addLimbs(others: readonly number[]): void {
    this.#carry()
    for (let i = 0; i < limbs; i++) this.#limbs[i] = this.#limbs[i]! + others[i]!
    this.#carry()
  }

  /** The sum as plain data: limbs of 26 bits, the last with the sign. */
  toLimbs(): number[] {
    this.#carry()
    return [...this.#limbs]
  }

  /** The nearest double, ties to even; infinite when the sum lies past the largest. */
  round(): number {
    let sum = 0n
    for (let i = limbs - 1; i >= 0; i--) sum = (sum << BigInt(limbBits)) + BigInt(this.#limbs[i]!)
    const magnitude = sum < 0n ? -sum : sum
    const bits = magnitude.toString(2).length
    let rounded: number
    if (bits <= 53) rounded = Number(magnitude) * Number.MIN_VALUE
    else {
      // 55 bits and one for whatever lies below decide the rounding, which Number() does.
      const shift = Math.max(0, bits - 55)
      const below = (magnitude & ((1n << BigInt(shift)) - 1n)) === 0n ? 0n : 1n
      const kept = Number(((magnitude >> BigInt(shift)) << 1n) | below)
      // 2^-1075 is too small for a double, so small results are scaled in two exact steps.
      const power = shift - 1075
      rounded = power < -900 ? kept * 2 ** -100 * 2 ** (power + 100) : kept * 2 ** power
    }
    return sum < 0n ? -rounded : rounded
  }

  /** Brings every limb but the last into [0, 2^26). */
  #carry(): void {
    const sum = this.#limbs
    for (let i = 0; i < limbs - 1; i++) {
      const carry = Math.floor(sum[i]! / limbBase)
      sum[i] = sum[i]! - carry * limbBase
      sum[i + 1] = sum[i + 1]! + carry
    }
    this.#additions = 0
  }
}
