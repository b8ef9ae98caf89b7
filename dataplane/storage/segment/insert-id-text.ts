/**
 * The text of insert ids as `InsertIds` keeps them: ASCII bytes for hashing, strings for answers.
 *
 * Does not: pack text into 16 bytes (`schema/insert-id.ts`), or store ids (`insert-ids.ts`).
 */
import { dashedUpperForm, escapeForm, plainUpperForm, unpackInsertId } from '../../schema/insert-id.ts'
import type { InsertIds } from './contract.ts'

const lowerCodes = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const upperCodes = Uint8Array.from('0123456789ABCDEF', (digit) => digit.charCodeAt(0))

/** Writes the ASCII text of a row's id, of a form other than the escape, to `out[at ..]`; returns its length. */
export function writeInsertId(ids: InsertIds, row: number, out: Uint8Array, at: number): number {
  const form = ids.form[row]
  const digits = form === dashedUpperForm || form === plainUpperForm ? upperCodes : lowerCodes
  const dashed = form <= dashedUpperForm
  const { bytes } = ids
  let target = at
  for (let i = 0; i < 16; i++) {
    if (dashed && (i === 4 || i === 6 || i === 8 || i === 10)) out[target++] = 0x2d
    const byte = bytes[16 * row + i]
    out[target++] = digits[byte >>> 4]
    out[target++] = digits[byte & 15]
  }
  return target - at
}

/** The id of a row as text. */
export function insertIdText(ids: InsertIds, row: number): string {
  const form = ids.form[row]
  return form === escapeForm ? (ids.escapes.get(row) ?? '') : unpackInsertId(ids.bytes, 16 * row, form)
}
