/**
 * Times of a stripe, as ms since the slice's first instant.
 *
 *     description:  unit varint (1, or 1000 when all are whole seconds) · times / unit (integers)
 *                   with more than one block: smallest per block, largest per block (integers)
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { writeInts } from '../codec/ints.ts'
import { type Ints, readInts } from '../codec/ints-reader.ts'
import { blockRows } from './contract.ts'

const units = [1000, 1]

export function writeTimes(times: Uint32Array, sink: ColumnSink): void {
  const unit = units.find((candidate) => times.every((time) => time % candidate === 0)) ?? 1
  sink.head.varint(unit)
  const scaled = unit === 1 ? times : times.map((time) => time / unit)
  writeInts(scaled, sink)
  if (times.length <= blockRows) return
  const { min, max } = blockExtremes(scaled)
  writeInts(min, sink)
  writeInts(max, sink)
}

function blockExtremes(values: Uint32Array): { min: Uint32Array; max: Uint32Array } {
  const blocks = Math.ceil(values.length / blockRows)
  const min = new Uint32Array(blocks).fill(0xffffffff)
  const max = new Uint32Array(blocks)
  for (let i = 0; i < values.length; i++) {
    const block = i >>> 10
    if (values[i] < min[block]) min[block] = values[i]
    if (values[i] > max[block]) max[block] = values[i]
  }
  return { min, max }
}

const scratch = new Uint32Array(blockRows)

export class TimeColumn {
  readonly #values: Ints
  readonly #unit: number
  readonly #start: number
  /** Per block of 1024 rows, ms. */
  readonly blocks: { readonly min: Float64Array; readonly max: Float64Array }

  private constructor(values: Ints, unit: number, start: number, blocks: TimeColumn['blocks']) {
    this.#values = values
    this.#unit = unit
    this.#start = start
    this.blocks = blocks
  }

  /** `start`: first instant of the slice; `min`, `max`: of the stripe. */
  static read(
    head: ByteReader,
    body: BodyReader,
    stripe: { readonly rows: number; readonly start: number; readonly min: number; readonly max: number },
  ): TimeColumn {
    const { rows, start } = stripe
    const unit = head.varint('unit of times')
    if (!units.includes(unit)) head.fail('unit of times', unit, units.join(' or '))
    const values = readInts(head, body, rows)
    const absolute = (value: number) => start + value * unit
    const blocks =
      rows <= blockRows
        ? { min: Float64Array.of(stripe.min), max: Float64Array.of(stripe.max) }
        : {
            min: Float64Array.from(readInts(head, body, Math.ceil(rows / blockRows)).all(), absolute),
            max: Float64Array.from(readInts(head, body, Math.ceil(rows / blockRows)).all(), absolute),
          }
    return new TimeColumn(values, unit, start, blocks)
  }

  /** Decodes times of rows `[from, to)` into `out[0 ..]`, ms. */
  decode(from: number, to: number, out: Float64Array): void {
    for (let at = from; at < to; at += blockRows) {
      const count = Math.min(blockRows, to - at)
      this.#values.decode(at, at + count, scratch)
      const target = at - from
      if (this.#unit === 1) for (let i = 0; i < count; i++) out[target + i] = this.#start + scratch[i]
      else for (let i = 0; i < count; i++) out[target + i] = this.#start + scratch[i] * this.#unit
    }
  }
}
