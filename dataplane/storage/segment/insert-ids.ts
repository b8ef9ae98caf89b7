/**
 * The insert-id column of a stripe, cold: scans never read it.
 *
 *     description:  forms (integers) · the bytes of rows whose form is not the escape (`uuid-bytes.ts`)
 *                   · lengths of the escapes (integers) · their UTF-8 back to back, packed
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { escapeForm, plainUpperForm } from '../../schema/insert-id.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { readPacked, writePacked } from '../codec/compress.ts'
import { writeInts } from '../codec/ints.ts'
import { type Ints, readInts } from '../codec/ints-reader.ts'
import type { InsertIds } from './contract.ts'
import { readUuids, writeUuids } from './uuid-bytes.ts'

/** Writes the ids of `rows` (row numbers in `ids`, in stripe order). */
export function writeInsertIds(ids: InsertIds, rows: Uint32Array, sink: ColumnSink): void {
  const forms = new Uint32Array(rows.length)
  const packed = new ByteWriter(16 * rows.length)
  const text = new ByteWriter()
  const lengths: number[] = []
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    forms[i] = ids.form[row]
    if (forms[i] !== escapeForm) packed.bytes(ids.bytes, 16 * row, 16 * row + 16)
    else {
      const start = text.length
      text.text(ids.escapes.get(row) ?? '')
      lengths.push(text.length - start)
    }
  }
  writeInts(forms, sink)
  writeUuids(packed.view(), sink)
  writeInts(Uint32Array.from(lengths), sink)
  if (lengths.length > 0) writePacked(text.view(), sink)
}

export function readInsertIds(head: ByteReader, body: BodyReader, rows: number): InsertIds {
  const forms = readInts(head, body, rows)
  const form = formsOf(forms, body)
  let escaped = 0
  for (let row = 0; row < rows; row++) if (form[row] === escapeForm) escaped++
  const packed = readUuids(head, body, rows - escaped)
  const bytes = escaped === 0 ? packed : new Uint8Array(16 * rows)
  if (escaped > 0) {
    for (let row = 0, at = 0; row < rows; row++) {
      if (form[row] === escapeForm) continue
      bytes.set(packed.subarray(at, at + 16), 16 * row)
      at += 16
    }
  }
  return { bytes, form, escapes: readEscapes(head, body, form, escaped) }
}

function formsOf(forms: Ints, body: BodyReader): Uint8Array {
  const { constant } = forms
  const form = new Uint8Array(forms.count)
  if (constant !== undefined && constant <= plainUpperForm) return form.fill(constant)
  const values = forms.all()
  for (let row = 0; row < values.length; row++) {
    if (values[row] > plainUpperForm) body.fail('form of an insert id', values[row], `0 to ${plainUpperForm}`)
    form[row] = values[row]
  }
  return form
}

function readEscapes(head: ByteReader, body: BodyReader, form: Uint8Array, count: number): Map<number, string> {
  const lengths = readInts(head, body, count).all()
  const escapes = new Map<number, string>()
  if (count === 0) return escapes
  const text = readPacked(head, body)
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let at = 0
  let next = 0
  for (let row = 0; row < form.length; row++) {
    if (form[row] !== escapeForm) continue
    const end = at + lengths[next++]
    if (end > text.length) body.fail('length of escaped insert ids', text.length, `at least ${end}`)
    escapes.set(row, decoder.decode(text.subarray(at, end)))
    at = end
  }
  if (at !== text.length) body.fail('length of escaped insert ids', text.length, at)
  return escapes
}
