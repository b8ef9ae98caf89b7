/**
 * Which codes occur in a stripe and in each of its blocks, where they are few: a filter for another
 * code skips the stripe, or the block.
 *
 *     codes varint (2 to 32) · the codes (ascending) · per block a bit per code of the set (integers)
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { readAscending, writeAscending } from '../codec/ascending.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'
import { blockRows } from './contract.ts'

const codesMax = 32
/** Smaller stripes are read as fast as their sets. */
const rowsMin = 512

export interface CodeSet {
  readonly codes: Uint32Array
  /** Bit `i`: `codes[i]` occurs in the block. */
  readonly blocks: Uint32Array
}

/** The set, where it says more than the smallest and largest code of the blocks do. */
export function findCodeSet(codes: Uint32Array): CodeSet | undefined {
  if (codes.length < rowsMin) return undefined
  const found = distinct(codes)
  if (found === undefined || found.length < 2) return undefined
  const blocks = new Uint32Array(Math.ceil(codes.length / blockRows))
  const bitOf = new Map(Array.from(found, (code, i) => [code, 1 << i]))
  let before = codes[0]
  let bit = bitOf.get(before)!
  for (let row = 0; row < codes.length; row++) {
    if (codes[row] !== before) {
      before = codes[row]
      bit = bitOf.get(before)!
    }
    blocks[row >>> 10] |= bit
  }
  const all = found.length === 32 ? 0xffffffff : 2 ** found.length - 1
  const isRange = found[found.length - 1] - found[0] === found.length - 1
  return isRange && blocks.every((mask) => mask === all) ? undefined : { codes: found, blocks }
}

/** Distinct codes ascending; `undefined` when there are more than fit a set. */
function distinct(codes: Uint32Array): Uint32Array | undefined {
  const found: number[] = []
  let before = -1
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]
    if (code === before) continue
    before = code
    if (found.includes(code)) continue
    if (found.length === codesMax) return undefined
    found.push(code)
  }
  return Uint32Array.from(found).sort()
}

export function writeCodeSet({ codes, blocks }: CodeSet, sink: ColumnSink): void {
  sink.head.varint(codes.length)
  writeAscending(codes, sink)
  writeInts(blocks, sink)
}

export function readCodeSet(head: ByteReader, body: BodyReader, rows: number): CodeSet {
  const count = head.varintMax(codesMax, 'codes of a set')
  const codes = readAscending(head, body, count, 2 ** 32)
  return { codes, blocks: readInts(head, body, Math.ceil(rows / blockRows)).all() }
}

export function mayHave({ codes, blocks }: CodeSet, block: number, code: number): boolean {
  const bit = codes.indexOf(code)
  return bit >= 0 && ((blocks[block] >>> bit) & 1) === 1
}
