/**
 * A sequence of doubles. Most numbers that people send are decimals of few digits, which are integers
 * after a multiplication; what is not stays as it is.
 *
 *     head:  kind u8, then
 *       0 scaled   exponent u8, smallest f64, integers (`ints.ts`): value = (smallest + integer) / 10^exponent
 *       1 wide     exponent u8, smallest f64, high integers, low integers: smallest + high · 2^32 + low
 *       2 raw      nothing
 *     body:
 *       2 raw      doubles, little-endian
 *
 * A scaled form is used only when every value comes back bit for bit. Method: the decimal scaling of
 * ALP (Afroozeh, Kuffó, Boncz 2023), without its exceptions.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { assert } from '../../../common/errors/errors.ts'
import type { BodyReader, ColumnSink } from './body.ts'
import { writeInts } from './ints.ts'
import { type Ints, readInts } from './ints-reader.ts'

const scaledKind = 0
const wideKind = 1
const rawKind = 2
const exponentMax = 15
const twoTo32 = 4294967296

export function writeDoubles(values: Float64Array, sink: ColumnSink): void {
  const exponent = exponentOf(values)
  if (exponent === undefined) {
    sink.head.u8(rawKind)
    sink.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    return
  }
  const scale = 10 ** exponent
  let min = Infinity
  let max = -Infinity
  for (const value of values) {
    const scaled = Math.round(value * scale)
    if (scaled < min) min = scaled
    if (scaled > max) max = scaled
  }
  if (values.length === 0) min = max = 0
  const wide = max - min >= twoTo32
  sink.head.u8(wide ? wideKind : scaledKind)
  sink.head.u8(exponent)
  sink.head.f64(min)
  const low = new Uint32Array(values.length)
  const high = new Uint32Array(wide ? values.length : 0)
  for (let i = 0; i < values.length; i++) {
    const offset = Math.round(values[i] * scale) - min
    low[i] = offset % twoTo32
    if (wide) high[i] = Math.floor(offset / twoTo32)
  }
  if (wide) writeInts(high, sink)
  writeInts(low, sink)
}

/** The smallest power of ten that makes every value an integer which divides back to it. */
function exponentOf(values: Float64Array): number | undefined {
  let exponent = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    while (!comesBack(value, 10 ** exponent)) {
      exponent++
      if (exponent > exponentMax) return undefined
    }
  }
  // A value that came back at a smaller exponent need not at the final one.
  const scale = 10 ** exponent
  for (let i = 0; i < values.length; i++) if (!comesBack(values[i], scale)) return undefined
  return exponent
}

function comesBack(value: number, scale: number): boolean {
  const scaled = Math.round(value * scale)
  return scaled / scale === value && Math.abs(scaled) <= 2 ** 51
}

/** Reads what `writeDoubles` wrote for `count` values. */
export function readDoubles(head: ByteReader, body: BodyReader, count: number): Doubles {
  const kind = head.u8()
  if (kind === rawKind) {
    return new Doubles(count, { raw: new Float64Array(body.bytes(count * 8).slice().buffer) })
  }
  if (kind !== scaledKind && kind !== wideKind) body.unknown('encoding of numbers', kind, rawKind)
  const exponent = head.u8()
  if (exponent > exponentMax) body.fail('decimal exponent', exponent, `at most ${exponentMax}`)
  const smallest = head.f64()
  const high = kind === wideKind ? readInts(head, body, count) : undefined
  const low = readInts(head, body, count)
  return new Doubles(count, { scale: 10 ** exponent, smallest, high, low })
}

interface Scaled {
  readonly scale: number
  readonly smallest: number
  readonly high: Ints | undefined
  readonly low: Ints
}

const lowScratch = new Uint32Array(1024)
const highScratch = new Uint32Array(1024)

export class Doubles {
  readonly count: number
  readonly #form: Scaled | { readonly raw: Float64Array }

  constructor(count: number, form: Scaled | { readonly raw: Float64Array }) {
    this.count = count
    this.#form = form
  }

  /** How the numbers are written, for people. */
  get encoding(): string {
    const form = this.#form
    if ('raw' in form) return 'doubles'
    const integers =
      form.high === undefined ? form.low.encoding : `wide, ${form.high.encoding} and ${form.low.encoding}`
    return form.scale === 1 ? integers : `/${form.scale} ${integers}`
  }

  /** Decodes values `[start, end)` into `out[at ..]`. */
  decode(start: number, end: number, out: Float64Array, at = 0): void {
    assert(start >= 0 && end <= this.count, `numbers ${start} to ${end} asked of ${this.count}`)
    const form = this.#form
    if ('raw' in form) {
      out.set(form.raw.subarray(start, end), at)
      return
    }
    const { scale, smallest, high, low } = form
    for (let from = start; from < end; from += 1024) {
      const size = Math.min(1024, end - from)
      low.decode(from, from + size, lowScratch)
      const target = at + from - start
      if (high === undefined && scale === 1) {
        for (let i = 0; i < size; i++) out[target + i] = smallest + lowScratch[i]
      } else if (high === undefined) {
        for (let i = 0; i < size; i++) out[target + i] = (smallest + lowScratch[i]) / scale
      } else {
        high.decode(from, from + size, highScratch)
        for (let i = 0; i < size; i++) out[target + i] = (smallest + highScratch[i] * twoTo32 + lowScratch[i]) / scale
      }
    }
  }

  all(): Float64Array {
    const out = new Float64Array(this.count)
    this.decode(0, this.count, out)
    return out
  }
}
