/**
 * The two sequences that a block is made of, ints and numbers (drawn in `layout.ts`): whole bytes, so
 * that a block of thirty rows, which is what a few milliseconds of one partition hold, costs no more
 * than its rows. Segments pack bits; the log is read once.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { ByteWriter } from '../../../common/bytes/writer.ts'
import { doublesKind, integersKind } from './layout.ts'

/** Largest magnitude that a zigzag can hold. */
const zigzagMax = 2 ** 52 - 1

/** Writes `values[0, count)`; nothing when there are none. */
export function writeInts(writer: ByteWriter, values: Uint32Array, count: number): void {
  if (count === 0) return
  const first = values[0]
  let max = first
  let same = true
  for (let i = 1; i < count; i++) {
    const value = values[i]
    if (value !== first) same = false
    if (value > max) max = value
  }
  if (same) {
    writer.u8(0)
    writer.varint(first)
    return
  }
  const width = max < 0x100 ? 1 : max < 0x10000 ? 2 : 4
  writer.u8(width)
  let at = writer.leave(count * width)
  const bytes = writer.view()
  if (width === 1) for (let i = 0; i < count; i++) bytes[at++] = values[i]
  else if (width === 2) {
    for (let i = 0; i < count; i++, at += 2) {
      bytes[at] = values[i]
      bytes[at + 1] = values[i] >>> 8
    }
  } else {
    for (let i = 0; i < count; i++, at += 4) {
      bytes[at] = values[i]
      bytes[at + 1] = values[i] >>> 8
      bytes[at + 2] = values[i] >>> 16
      bytes[at + 3] = values[i] >>> 24
    }
  }
}

/** Reads `count` values that are all below `limit`. `count` was checked by the caller. */
export function readInts(reader: ByteReader, count: number, options: { limit: number; what: string }): Uint32Array {
  const values = new Uint32Array(count)
  if (count === 0) return values
  const { limit, what } = options
  const width = reader.u8(`width of ${what}`)
  let max = 0
  if (width === 0) {
    max = reader.varint(what)
    values.fill(max)
  } else {
    if (width !== 1 && width !== 2 && width !== 4) reader.fail(`width of ${what}`, width, '0, 1, 2 or 4')
    const bytes = reader.bytes
    let at = reader.skip(count * width, what)
    if (width === 1) {
      for (let i = 0; i < count; i++, at++) {
        const value = bytes[at]
        if (value > max) max = value
        values[i] = value
      }
    } else if (width === 2) {
      for (let i = 0; i < count; i++, at += 2) {
        const value = bytes[at] | (bytes[at + 1] << 8)
        if (value > max) max = value
        values[i] = value
      }
    } else {
      for (let i = 0; i < count; i++, at += 4) {
        const value = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
        if (value > max) max = value
        values[i] = value
      }
    }
  }
  if (max >= limit) reader.fail(what, max, `below ${limit}`)
  return values
}

/** Writes `values[0, count)`; nothing when there are none. */
export function writeNumbers(writer: ByteWriter, values: Float64Array, count: number): void {
  if (count === 0) return
  let min = values[0]
  let max = min
  let integers = true
  for (let i = 0; i < count; i++) {
    const value = values[i]
    if (!Number.isInteger(value)) {
      integers = false
      break
    }
    if (value < min) min = value
    else if (value > max) max = value
  }
  if (integers && max - min <= 0xffffffff && Math.max(-min, max) <= zigzagMax) {
    const differences = new Uint32Array(count)
    for (let i = 0; i < count; i++) differences[i] = values[i] - min
    writer.u8(integersKind)
    writer.zigzag(min)
    writeInts(writer, differences, count)
    return
  }
  writer.u8(doublesKind)
  for (let i = 0; i < count; i++) writer.f64(values[i])
}

/** Reads `count` numbers. `count` was checked by the caller. */
export function readNumbers(reader: ByteReader, count: number, what: string): Float64Array {
  if (count === 0) return new Float64Array(0)
  const kind = reader.u8(`kind of ${what}`)
  if (kind === integersKind) {
    const min = reader.zigzag(what)
    const differences = readInts(reader, count, { limit: 2 ** 32, what })
    const values = new Float64Array(count)
    for (let i = 0; i < count; i++) values[i] = min + differences[i]
    return values
  }
  if (kind !== doublesKind) reader.fail(`kind of ${what}`, kind, `${doublesKind} or ${integersKind}`)
  const bytes = reader.take(count * 8, what)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values = new Float64Array(count)
  for (let i = 0; i < count; i++) values[i] = view.getFloat64(8 * i, true)
  for (let i = 0; i < count; i++) {
    if (!Number.isFinite(values[i])) reader.fail(what, values[i], 'a finite number')
  }
  return values
}
