/**
 * A property in a stripe: a code per row, and the numbers of the rows whose code is 1.
 *
 *     description:  form u8: bit 0 = by user, bit 1 = has numbers
 *       by row      codes (integers)
 *       by user     exceptions varint · their rows (ascending) · their codes (integers)
 *       numbers     count varint
 *                   with more than one block: numbers per block (integers), then smallest and largest
 *                   of each block that has some (doubles)
 *                   numbers in the order of rows (doubles)
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { readAscending, writeAscending } from '../codec/ascending.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { type Doubles, readDoubles, writeDoubles } from '../codec/doubles.ts'
import { planInts, writeInts } from '../codec/ints.ts'
import { type Ints, readInts } from '../codec/ints-reader.ts'
import { blockRows, numberCode } from './contract.ts'
import { exceptionsOf } from './per-user.ts'
import type { StripeProperty } from './property-rows.ts'

const byUserBit = 1
const numbersBit = 2

/** `perUser`: code per slice user, where the slice has it. `users`: slice user per row. */
export function writeProperty(
  property: StripeProperty,
  users: Uint32Array,
  perUser: Uint32Array | undefined,
  sink: ColumnSink,
): void {
  const { codes, numbers } = property
  const plan = planInts(codes)
  const exceptions = perUser === undefined ? undefined : exceptionsOf(codes, users, perUser)
  const byUser = exceptions !== undefined && 4 + exceptions.length * 2.5 < plan.bytes
  sink.head.u8((byUser ? byUserBit : 0) | (numbers === undefined ? 0 : numbersBit))
  if (byUser) {
    sink.head.varint(exceptions.length)
    writeAscending(exceptions, sink)
    writeInts(
      exceptions.map((row) => codes[row]),
      sink,
    )
  } else writeInts(codes, sink, plan)
  if (numbers !== undefined) writeNumbers(codes, numbers, sink)
}

function writeNumbers(codes: Uint32Array, numbers: Float64Array, sink: ColumnSink): void {
  const rows = codes.length
  const blocks = Math.ceil(rows / blockRows)
  const dense = new Float64Array(rows)
  const perBlock = new Uint32Array(blocks)
  const min: number[] = []
  const max: number[] = []
  let count = 0
  for (let block = 0; block < blocks; block++) {
    const first = count
    const end = Math.min(rows, (block + 1) * blockRows)
    let low = Infinity
    let high = -Infinity
    for (let row = block * blockRows; row < end; row++) {
      if (codes[row] !== numberCode) continue
      const value = numbers[row]
      dense[count++] = value
      if (value < low) low = value
      if (value > high) high = value
    }
    perBlock[block] = count - first
    if (count > first) {
      min.push(low)
      max.push(high)
    }
  }
  sink.head.varint(count)
  if (blocks > 1) {
    writeInts(perBlock, sink)
    writeDoubles(Float64Array.from(min), sink)
    writeDoubles(Float64Array.from(max), sink)
  }
  writeDoubles(dense.subarray(0, count), sink)
}

/** Codes of a column: by row, or exceptions from the codes of users. */
export type CodeForm =
  | { readonly byUser: false; readonly codes: Ints }
  | { readonly byUser: true; readonly exceptions: Uint32Array; readonly exceptionCodes: Uint32Array }

export interface NumberForm {
  readonly values: Doubles
  /** Numbers before each block of rows, and after the last one their count. */
  readonly before: Uint32Array
  readonly blocks: { readonly min: Float64Array; readonly max: Float64Array } | undefined
}

export interface PropertyForm {
  readonly codes: CodeForm
  readonly numbers: NumberForm | undefined
}

/** Whether a description says that the column is stored by user; looks at its first byte. */
export function isByUser(form: number): boolean {
  return (form & byUserBit) !== 0
}

export function readProperty(head: ByteReader, body: BodyReader, rows: number): PropertyForm {
  const form = head.u8('form of a property')
  if (form > (byUserBit | numbersBit)) body.unknown('form of a property', form, byUserBit | numbersBit)
  const codes = isByUser(form)
    ? readExceptions(head, body, rows)
    : ({ byUser: false, codes: readInts(head, body, rows) } as const)
  return { codes, numbers: (form & numbersBit) === 0 ? undefined : readNumbers(head, body, rows) }
}

function readExceptions(head: ByteReader, body: BodyReader, rows: number): CodeForm {
  const count = head.varintMax(rows, 'exceptions')
  const exceptions = readAscending(head, body, count, rows)
  return { byUser: true, exceptions, exceptionCodes: readInts(head, body, count).all() }
}

function readNumbers(head: ByteReader, body: BodyReader, rows: number): NumberForm {
  const count = head.varintMax(rows, 'numbers of a property')
  const blocks = Math.ceil(rows / blockRows)
  const before = new Uint32Array(blocks + 1)
  before[blocks] = count
  if (blocks === 1) return { values: readDoubles(head, body, count), before, blocks: undefined }
  const perBlock = readInts(head, body, blocks).all()
  let filled = 0
  for (let block = 0; block < blocks; block++) {
    before[block + 1] = before[block] + perBlock[block]
    if (perBlock[block] > 0) filled++
  }
  if (before[blocks] !== count) body.fail('numbers of all blocks', before[blocks], count)
  const low = readDoubles(head, body, filled).all()
  const high = readDoubles(head, body, filled).all()
  const min = new Float64Array(blocks).fill(Number.NaN)
  const max = new Float64Array(blocks).fill(Number.NaN)
  for (let block = 0, at = 0; block < blocks; block++) {
    if (perBlock[block] === 0) continue
    min[block] = low[at]
    max[block] = high[at++]
  }
  return { values: readDoubles(head, body, count), before, blocks: { min, max } }
}
