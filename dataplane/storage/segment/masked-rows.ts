/**
 * Rows that are copies of an earlier event (DED-1), in a stripe that has some.
 *
 *     description:  form u8 · 0: row numbers (ascending), 1: a bit per row (integers of width 1)
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { gapsOf, readAscending, writeAscending } from '../codec/ascending.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { planInts, writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'

const rowsForm = 0
const bitsForm = 1

/** Row numbers of the masked rows, ascending. */
export function writeMasked(masked: Uint32Array, rows: number, sink: ColumnSink): void {
  const bits = new Uint32Array(rows)
  for (const row of masked) bits[row] = 1
  if (planInts(gapsOf(masked)).bytes <= planInts(bits).bytes) {
    sink.head.u8(rowsForm)
    writeAscending(masked, sink)
  } else {
    sink.head.u8(bitsForm)
    writeInts(bits, sink)
  }
}

/** The bitset of `count` masked rows. */
export function readMasked(head: ByteReader, body: BodyReader, rows: number, count: number): Uint32Array {
  const form = head.u8('form of masks')
  const set = new Uint32Array(Math.ceil(rows / 32))
  if (form === rowsForm) {
    for (const row of readAscending(head, body, count, rows)) set[row >>> 5] |= 1 << (row & 31)
    return set
  }
  if (form !== bitsForm) body.unknown('form of masks', form, bitsForm)
  const bits = readInts(head, body, rows).all()
  let seen = 0
  for (let row = 0; row < rows; row++) {
    if (bits[row] !== 0) set[row >>> 5] |= 1 << (row & 31)
    seen += bits[row]
  }
  if (seen !== count) body.fail('masked rows', seen, count)
  return set
}
