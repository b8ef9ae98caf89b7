/**
 * The text of insert ids as `InsertIds` keeps them: bytes for hashing, strings for answers, and whether
 * two are the same.
 *
 * Does not: pack text into 16 bytes (`schema/insert-id.ts`), or store ids (`insert-ids.ts`).
 */
import { utf8BytesMax, writeUtf8 } from '../../../common/bytes/utf8.ts'
import { bug } from '../../../common/errors/errors.ts'
import {
  dashedLowerForm,
  dashedUpperForm,
  escapeForm,
  plainLowerForm,
  plainUpperForm,
  unpackInsertId,
} from '../../schema/insert-id.ts'
import type { InsertIds } from './contract.ts'

const lower = hexTable('0123456789abcdef')
const upper = hexTable('0123456789ABCDEF')
/** Bytes before which a dashed UUID has its dashes. */
const dashes = 0b0000_0101_0101_0000

/** Bytes that `writeInsertId` may need for the row. */
export function insertIdBytesMax(ids: InsertIds, row: number): number {
  return ids.form[row] === escapeForm ? utf8BytesMax(escapedText(ids, row)) : 36
}

/** Writes the UTF-8 of the row's id at `at` and answers the position after it. */
export function writeInsertId(ids: InsertIds, row: number, out: Uint8Array, at: number): number {
  const form = ids.form[row]!
  if (form === escapeForm) return at + writeUtf8(escapedText(ids, row), out, at)
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

/** The id of a row as text. */
export function insertIdText(ids: InsertIds, row: number): string {
  const form = ids.form[row]!
  return form === escapeForm ? escapedText(ids, row) : unpackInsertId(ids.bytes, row * 16, form)
}

/** The id of a row whose form is the escape. */
export function escapedText(ids: InsertIds, row: number): string {
  return ids.escapes.get(row) ?? bug(`row ${row} has no insert id`)
}

/** A text has one form, so different forms are different texts. */
export function sameInsertId(a: InsertIds, rowA: number, b: InsertIds, rowB: number): boolean {
  const form = a.form[rowA]!
  if (form !== b.form[rowB]) return false
  if (form === escapeForm) return escapedText(a, rowA) === escapedText(b, rowB)
  const [startA, startB] = [rowA * 16, rowB * 16]
  for (let i = 0; i < 16; i++) if (a.bytes[startA + i] !== b.bytes[startB + i]) return false
  return true
}

/** Two digits per byte, the first one in the high half. */
function hexTable(digits: string): Uint16Array {
  return Uint16Array.from(
    { length: 256 },
    (_, byte) => (digits.charCodeAt(byte >>> 4) << 8) | digits.charCodeAt(byte & 15),
  )
}
