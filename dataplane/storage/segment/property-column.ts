/**
 * A property in a stripe: a code per row, and the numbers of the rows whose code is 1.
 *
 *     description:  form u8: bits 0-1 = how codes are stored, bit 2 = has numbers, bit 3 = has a code set
 *       0 by row    codes (integers)
 *       1 by user   exceptions varint, and where there are any: their rows (ascending) · their codes (integers)
 *       2 sparse    as 1; rows that are not named miss the property
 *       code set    `code-set.ts`
 *       numbers     `property-numbers.ts`
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { readAscending, writeAscending } from '../codec/ascending.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { planInts, writeInts } from '../codec/ints.ts'
import { type Ints, readInts } from '../codec/ints-reader.ts'
import { type CodeSet, findCodeSet, readCodeSet, writeCodeSet } from './code-set.ts'
import { exceptionsOf } from './per-user.ts'
import { type NumberForm, readNumbers, writeNumbers } from './property-numbers.ts'
import type { StripeProperty } from './property-rows.ts'

const byRow = 0
const byUser = 1
const sparse = 2
const codesMask = 3
const numbersBit = 4
const setBit = 8

const none = new Uint32Array(0)

/** `perUser`: code per slice user, where the slice has it. `users`: slice user per row. */
export function writeProperty(
  property: StripeProperty,
  users: Uint32Array,
  perUser: Uint32Array | undefined,
  sink: ColumnSink,
): void {
  const { rows, codes, numbers } = property
  const numbersFlag = numbers === undefined ? 0 : numbersBit
  const plan = planInts(codes)
  const exceptions = rows === undefined && perUser !== undefined ? exceptionsOf(codes, users, perUser) : undefined
  if (rows !== undefined) {
    sink.head.u8(sparse | numbersFlag)
    writeEntries(rows, codes, sink)
  } else if (exceptions !== undefined && 4 + exceptions.length * 2.5 < plan.bytes) {
    sink.head.u8(byUser | numbersFlag)
    writeEntries(
      exceptions,
      exceptions.map((row) => codes[row]),
      sink,
    )
  } else {
    const set = findCodeSet(codes)
    sink.head.u8(byRow | numbersFlag | (set === undefined ? 0 : setBit))
    writeInts(codes, sink, plan)
    if (set !== undefined) writeCodeSet(set, sink)
  }
  writeNumbers(property, sink)
}

function writeEntries(rows: Uint32Array, codes: Uint32Array, sink: ColumnSink): void {
  sink.head.varint(rows.length)
  if (rows.length === 0) return
  writeAscending(rows, sink)
  writeInts(codes, sink)
}

/** Codes of a column: all of them, or where they differ from the user's code or from missing. */
export type CodeForm =
  | { readonly kind: 'row'; readonly codes: Ints; readonly set: CodeSet | undefined }
  | { readonly kind: 'user'; readonly rows: Uint32Array; readonly codes: Uint32Array }
  | { readonly kind: 'sparse'; readonly rows: Uint32Array; readonly codes: Uint32Array }

export interface PropertyForm {
  readonly codes: CodeForm
  readonly numbers: NumberForm | undefined
}

/** Whether a description says that the column is stored by user; looks at its first byte. */
export function isByUser(form: number): boolean {
  return (form & codesMask) === byUser
}

/** Whether the first two bytes of a description say that it has neither exceptions nor numbers besides. */
export function followsUsers(form: number, exceptions: number): boolean {
  return form === byUser && exceptions === 0
}

export function readProperty(head: ByteReader, body: BodyReader, rows: number): PropertyForm {
  const form = head.u8('form of a property')
  if (form > (codesMask | numbersBit | setBit))
    body.unknown('form of a property', form, codesMask | numbersBit | setBit)
  const codes = readCodes(head, body, { form, rows })
  return { codes, numbers: (form & numbersBit) === 0 ? undefined : readNumbers(head, body, rows) }
}

function readCodes(
  head: ByteReader,
  body: BodyReader,
  { form, rows }: { readonly form: number; readonly rows: number },
): CodeForm {
  const kind = form & codesMask
  if (kind === byRow) {
    const codes = readInts(head, body, rows)
    return { kind: 'row', codes, set: (form & setBit) === 0 ? undefined : readCodeSet(head, body, rows) }
  }
  if (kind > sparse || (form & setBit) !== 0) body.unknown('form of a property', form, sparse | numbersBit)
  const count = head.varintMax(rows, 'entries of a property')
  const name = kind === byUser ? 'user' : 'sparse'
  if (count === 0) return { kind: name, rows: none, codes: none }
  const at = readAscending(head, body, count, rows)
  return { kind: name, rows: at, codes: readInts(head, body, count).all() }
}
