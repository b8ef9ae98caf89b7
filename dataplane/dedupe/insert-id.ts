/**
 * Packed insert ids of columns (`InsertIds` of the segment contract): their text as bytes, for hashing,
 * and equality of two. The forms are those of `dataplane/schema/insert-id.ts`.
 *
 * Does not: pack.
 */

import { utf8BytesMax, writeUtf8 } from '../../common/bytes/utf8.ts'
import { bug } from '../../common/errors/errors.ts'
import {
  dashedLowerForm,
  dashedUpperForm,
  escapeForm,
  plainLowerForm,
  plainUpperForm,
  unpackInsertId,
} from '../schema/insert-id.ts'
import type { InsertIds } from '../storage/segment/contract.ts'

const lower = hexTable('0123456789abcdef')
const upper = hexTable('0123456789ABCDEF')
/** Bytes before which a dashed UUID has its dashes. */
const dashes = 0b0000_0101_0101_0000

/** Bytes that `writeInsertId` may need for the row. */
export function insertIdBytesMax(ids: InsertIds, row: number): number {
  return ids.form[row] === escapeForm ? utf8BytesMax(ids.escapes.get(row) ?? '') : 36
}

/** Writes the text of the row's id at `at` and answers the position after it. */
export function writeInsertId(ids: InsertIds, row: number, out: Uint8Array, at: number): number {
  const form = ids.form[row]!
  if (form === escapeForm) return at + writeUtf8(ids.escapes.get(row) ?? bug(`row ${row} has no insert id`), out, at)
  if (form > plainUpperForm) bug(`insert id of form ${form}`)
  const table = form === dashedLowerForm || form === plainLowerForm ? lower : upper
  const dashed = form === dashedLowerForm || form === dashedUpperForm
  let end = at
  for (let i = 0; i < 16; i++) {
    if (dashed && (dashes >>> i) & 1) out[end++] = 0x2d
    const pair = table[ids.bytes[row * 16 + i]!]!
    out[end++] = pair >>> 8
    out[end++] = pair & 0xff
  }
  return end
}

export function insertIdText(ids: InsertIds, row: number): string {
  const form = ids.form[row]!
  if (form === escapeForm) return ids.escapes.get(row) ?? bug(`row ${row} has no insert id`)
  return unpackInsertId(ids.bytes, row * 16, form)
}

/** A text has one form, so different forms are different texts. */
export function sameInsertId(a: InsertIds, rowA: number, b: InsertIds, rowB: number): boolean {
  const form = a.form[rowA]!
  if (form !== b.form[rowB]) return false
  if (form === escapeForm) return insertIdText(a, rowA) === insertIdText(b, rowB)
  const [startA, startB] = [rowA * 16, rowB * 16]
  for (let i = 0; i < 16; i++) if (a.bytes[startA + i] !== b.bytes[startB + i]) return false
  return true
}

function hexTable(digits: string): Uint16Array {
  return Uint16Array.from(
    { length: 256 },
    (_, byte) => (digits.charCodeAt(byte >>> 4) << 8) | digits.charCodeAt(byte & 15),
  )
}
