/**
 * Reads the doubles that `doubles.ts` wrote: the description at once, values when asked for.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { assert } from '../../../common/errors/errors.ts'
import { readAscending } from './ascending.ts'
import type { BodyReader } from './body.ts'
import { exceptionsFlag, exponentMax, rawKind, scaledKind, tableKind, twoTo32, wideFlag } from './doubles.ts'
import { firstFrom } from './first-from.ts'
import { type Ints, readInts } from './ints-reader.ts'

/** Reads `count` doubles. Throws `CorruptError` where head and body do not agree. */
export function readDoubles(head: ByteReader, body: BodyReader, count: number): Doubles {
  const kind = head.u8('encoding of numbers')
  if (kind === rawKind) return new Doubles(count, { raw: rawDoubles(body, count) })
  if (kind === scaledKind) return new Doubles(count, readScaled(head, body, count))
  if (kind !== tableKind) body.unknown('encoding of numbers', kind, tableKind)
  const size = head.varintMax(count, 'distinct numbers')
  const table = rawDoubles(body, size)
  return new Doubles(count, { table, indexes: readInts(head, body, count) })
}

function rawDoubles(body: BodyReader, count: number): Float64Array {
  // Copied, since a double must lie at a multiple of 8.
  return new Float64Array(body.bytes(count * 8).slice().buffer)
}

function readScaled(head: ByteReader, body: BodyReader, count: number): Scaled {
  const flags = head.u8('flags of numbers')
  if (flags > (wideFlag | exceptionsFlag)) body.unknown('flags of numbers', flags, wideFlag | exceptionsFlag)
  const exponent = head.u8('decimal exponent')
  if (exponent > exponentMax) body.fail('decimal exponent', exponent, `at most ${exponentMax}`)
  const smallest = head.zigzag('smallest number')
  const high = (flags & wideFlag) === 0 ? undefined : readInts(head, body, count)
  const low = readInts(head, body, count)
  const scale = 10 ** exponent
  if ((flags & exceptionsFlag) === 0) return { scale, smallest, high, low, places: noPlaces, exceptions: noExceptions }
  const exceptions = head.varintMax(count, 'exceptions of numbers')
  const places = readAscending(head, body, exceptions, count)
  return { scale, smallest, high, low, places, exceptions: rawDoubles(body, exceptions) }
}

interface Scaled {
  readonly scale: number
  readonly smallest: number
  readonly high: Ints | undefined
  readonly low: Ints
  /** Ascending places of values that are not scaled. */
  readonly places: Uint32Array
  readonly exceptions: Float64Array
}

type Form = Scaled | { readonly raw: Float64Array } | { readonly table: Float64Array; readonly indexes: Ints }

const noPlaces = new Uint32Array(0)
const noExceptions = new Float64Array(0)
/** Values decoded at a time. */
const chunk = 1024
const lowScratch = new Uint32Array(chunk)
const highScratch = new Uint32Array(chunk)

export class Doubles {
  readonly count: number
  readonly #form: Form

  constructor(count: number, form: Form) {
    this.count = count
    this.#form = form
  }

  /** How the numbers are written, for people. */
  get encoding(): string {
    const form = this.#form
    if ('raw' in form) return 'doubles'
    if ('table' in form) return `table of ${form.table.length}, ${form.indexes.encoding}`
    const low = form.low.encoding
    const integers = form.high === undefined ? low : `wide, ${form.high.encoding} and ${low}`
    const scaled = form.scale === 1 ? integers : `/${form.scale} ${integers}`
    return form.places.length === 0 ? scaled : `${scaled}, exceptions`
  }

  /** Decodes values `[start, end)` into `out[at ..]`. */
  decode(start: number, end: number, out: Float64Array, at = 0): void {
    assert(start >= 0 && end <= this.count, `numbers ${start} to ${end} asked of ${this.count}`)
    const form = this.#form
    if ('raw' in form) {
      out.set(form.raw.subarray(start, end), at)
      return
    }
    for (let from = start; from < end; from += chunk) {
      const to = Math.min(end, from + chunk)
      const target = at + from - start
      if ('table' in form) {
        form.indexes.decode(from, to, lowScratch)
        for (let i = 0; i < to - from; i++) out[target + i] = form.table[lowScratch[i]]
      } else decodeScaled(form, { from, to, out, target })
    }
    if ('table' in form || form.places.length === 0) return
    const { places, exceptions } = form
    for (let i = firstFrom(places, start); i < places.length && places[i] < end; i++) {
      out[at + places[i] - start] = exceptions[i]
    }
  }

  all(): Float64Array {
    const out = new Float64Array(this.count)
    this.decode(0, this.count, out)
    return out
  }
}

function decodeScaled(
  form: Scaled,
  range: { readonly from: number; readonly to: number; readonly out: Float64Array; readonly target: number },
): void {
  const { scale, smallest, high, low } = form
  const { from, to, out, target } = range
  const size = to - from
  low.decode(from, to, lowScratch)
  if (high === undefined && scale === 1) {
    for (let i = 0; i < size; i++) out[target + i] = smallest + lowScratch[i]
  } else if (high === undefined) {
    for (let i = 0; i < size; i++) out[target + i] = (smallest + lowScratch[i]) / scale
  } else {
    high.decode(from, to, highScratch)
    for (let i = 0; i < size; i++) out[target + i] = (smallest + highScratch[i] * twoTo32 + lowScratch[i]) / scale
  }
}
