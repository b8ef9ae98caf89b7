/**
 * The exact sum of doubles, rounded once (ties to even). A double is an integer times a power of two, so the sum is
 * one big integer over 2^1074, and rounding is a question about its top 53 bits.
 */

const bias = 1075

/** Adds numbers in any order; `value()` is the nearest double to the true sum, `null` past the largest double. */
export class ExactSum {
  /** Integer parts by exponent, so that most additions stay small. */
  readonly #parts = new Map<number, bigint>()
  count = 0

  add(value: number): void {
    this.count++
    const { integer, exponent } = split(value)
    this.#parts.set(exponent, (this.#parts.get(exponent) ?? 0n) + integer)
  }

  value(): number | null {
    let scaled = 0n
    for (const [exponent, integer] of this.#parts) scaled += integer << BigInt(exponent)
    return nearest(scaled)
  }

  average(): number | null {
    const sum = this.count === 0 ? null : this.value()
    return sum === null ? null : sum / this.count
  }
}

/** value = integer * 2^(exponent - 1074). */
function split(value: number): { integer: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const field = Number((bits >> 52n) & 0x7ffn)
  if (field === 0x7ff) throw new Error(`oracle: ${value} is no number to add`)
  const fraction = bits & 0xfffffffffffffn
  const size = field === 0 ? fraction : fraction | 0x10000000000000n
  return { integer: bits >> 63n === 1n ? -size : size, exponent: Math.max(field, 1) - 1 }
}

/** The double nearest to scaled / 2^1074. */
function nearest(scaled: bigint): number | null {
  if (scaled === 0n) return 0
  const size = scaled < 0n ? -scaled : scaled
  const extra = Math.max(0, size.toString(2).length - 53)
  const unit = 1n << BigInt(extra)
  let top = size >> BigInt(extra)
  const rest = size - top * unit
  const half = rest * 2n
  if (half > unit || (half === unit && top % 2n === 1n)) top += 1n
  // In two steps: 2^(extra - 1074) alone may be too small a double.
  const power = extra - (bias - 1)
  const value = power < -1000 ? Number(top) * 2 ** -1000 * 2 ** (power + 1000) : Number(top) * 2 ** power
  if (!Number.isFinite(value)) return null
  return scaled < 0n ? -value : value
}
