/**
 * The numbers of a property in a stripe, without gaps in the order of rows, with the extremes of each block.
 *
 *     numbers varint
 *     with more than one block: numbers per block (integers), then smallest and largest of each block
 *     that has some (doubles)
 *     the numbers (doubles)
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { writeDoubles } from '../codec/doubles.ts'
import { type Doubles, readDoubles } from '../codec/doubles-reader.ts'
import { writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'
import { blockRows, numberCode } from './contract.ts'
import type { StripeProperty } from './property-rows.ts'

export interface NumberForm {
  readonly values: Doubles
  /** Numbers before each block of rows, and after the last one their count. */
  readonly before: Uint32Array
  /** `undefined` for a single block. */
  readonly blocks: { readonly min: Float64Array; readonly max: Float64Array } | undefined
}

export function writeNumbers({ size, rows, codes, numbers }: StripeProperty, sink: ColumnSink): void {
  if (numbers === undefined) return
  const blocks = Math.ceil(size / blockRows)
  const dense = new Float64Array(codes.length)
  const perBlock = new Uint32Array(blocks)
  const low = new Float64Array(blocks).fill(Infinity)
  const high = new Float64Array(blocks).fill(-Infinity)
  let count = 0
  for (let entry = 0; entry < codes.length; entry++) {
    if (codes[entry] !== numberCode) continue
    const block = (rows === undefined ? entry : rows[entry]) >>> 10
    const value = numbers[entry]
    dense[count++] = value
    perBlock[block]++
    if (value < low[block]) low[block] = value
    if (value > high[block]) high[block] = value
  }
  sink.head.varint(count)
  if (blocks > 1) {
    writeInts(perBlock, sink)
    const filled = (_: number, block: number) => perBlock[block] > 0
    writeDoubles(low.filter(filled), sink)
    writeDoubles(high.filter(filled), sink)
  }
  writeDoubles(dense.subarray(0, count), sink)
}

export function readNumbers(head: ByteReader, body: BodyReader, rows: number): NumberForm {
  const count = head.varintMax(rows, 'numbers of a property')
  const blocks = Math.ceil(rows / blockRows)
  const before = new Uint32Array(blocks + 1)
  before[blocks] = count
  if (blocks === 1) return { values: readDoubles(head, body, count), before, blocks: undefined }
  const perBlock = readInts(head, body, blocks).all()
  let filled = 0
  for (let block = 0; block < blocks; block++) {
    if (perBlock[block] > blockRows) body.fail('numbers of a block', perBlock[block], `at most ${blockRows}`)
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
