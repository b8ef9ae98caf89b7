/**
 * A JSON number from its bytes, as `JSON.parse` reads it.
 *
 * Up to 15 digits and up to 15 of them behind the point: both the digits as an integer and the power of ten are exact
 * doubles, so one division rounds as the decimal would (W. Clinger, How to read floating point numbers
 * accurately, 1990). Others are read by the platform.
 */

/** The number, and where it ends. */
export interface ScannedNumber {
  value: number
  end: number
}

/** False when the bytes at `at` begin no number. -0 is 0. */
export function scanNumber(bytes: Uint8Array, at: number, out: ScannedNumber): boolean {
  const isNegative = bytes[at] === minus
  const start = isNegative ? at + 1 : at
  let i = start
  let digits = 0
  for (let digit = bytes[i]! - zero; digit >= 0 && digit <= 9; digit = bytes[++i]! - zero) digits = digits * 10 + digit
  const whole = i - start
  if (whole === 0 || (whole > 1 && bytes[start] === zero)) return false
  let scale = 0
  if (bytes[i] === point) {
    const first = ++i
    for (let digit = bytes[i]! - zero; digit >= 0 && digit <= 9; digit = bytes[++i]! - zero)
      digits = digits * 10 + digit
    scale = i - first
    if (scale === 0) return false
  }
  const next = bytes[i]
  if (next === lowerE || next === upperE || whole + scale > exactDigits) return readByPlatform(bytes, at, out)
  const value = scale === 0 ? digits : digits / powers[scale]!
  out.value = isNegative && value !== 0 ? -value : value
  out.end = i
  return true
}

/** Bytes that a number is longer than never. */
const numberBytesMax = 512
const form = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/

function readByPlatform(bytes: Uint8Array, at: number, out: ScannedNumber): boolean {
  const end = Math.min(bytes.length, at + numberBytesMax)
  const text = form.exec(latin1Slice.call(bytes, at, end))?.[0]
  if (text === undefined || text.length === numberBytesMax) return false
  out.value = Number(text) + 0
  out.end = at + text.length
  return true
}

const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string
}

const exactDigits = 15
const powers = Float64Array.from({ length: exactDigits + 1 }, (_, i) => Number(`1e${i}`))
const minus = 0x2d
const point = 0x2e
const zero = 0x30
const lowerE = 0x65
const upperE = 0x45
