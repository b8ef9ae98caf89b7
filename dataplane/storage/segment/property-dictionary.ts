/**
 * The dictionary of a property in a slice: its distinct values other than numbers, sorted by canonical
 * bytes (ADR 0004), so that codes order as values do.
 *
 *     description:  values varint · front-coded canonical bytes (`codec/front-coding.ts`)
 */

import type { ByteReader } from '../../../common/bytes/reader.ts'
import { decodeCanonical } from '../../schema/canonical.ts'
import type { Value } from '../../schema/value.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { type ByteStrings, sortStrings } from '../codec/byte-strings.ts'
import { readFrontCoded, writeFrontCoded } from '../codec/front-coding.ts'
import { canonicalStrings } from './canonical-strings.ts'
import { firstDictionaryCode, type PropertyRows } from './contract.ts'

export interface SortedDictionary {
  /** Canonical bytes of the values. */
  readonly strings: ByteStrings
  /** Numbers of those that occur, sorted. */
  readonly order: Uint32Array
  /** Code in this dictionary per code of the rows it was made from; 0 and 1 stay. */
  readonly recode: Uint32Array
}

/** Sorts the values that rows of `property` have. */
export function sortDictionary(property: PropertyRows): SortedDictionary {
  const { dictionary, codes } = property
  const used = new Uint8Array(dictionary.length + firstDictionaryCode)
  for (let i = 0; i < codes.length; i++) used[codes[i]] = 1
  return sortValues(dictionary, used)
}

/** Sorts values; `used`: by code, 1 for those to take (all by default). */
export function sortValues(values: readonly Value[], used?: Uint8Array): SortedDictionary {
  const taken = new Uint32Array(values.length)
  let count = 0
  for (let i = 0; i < values.length; i++) {
    if (used === undefined || used[firstDictionaryCode + i] === 1) taken[count++] = i
  }
  const strings = canonicalStrings(values)
  const order = sortStrings(strings, taken.subarray(0, count))
  const recode = new Uint32Array(values.length + firstDictionaryCode)
  recode[1] = 1
  for (let rank = 0; rank < count; rank++) recode[firstDictionaryCode + order[rank]] = firstDictionaryCode + rank
  return { strings, order, recode }
}

export function writeDictionary(
  { strings, order }: Pick<SortedDictionary, 'strings' | 'order'>,
  sink: ColumnSink,
): void {
  sink.head.varint(order.length)
  if (order.length > 0) writeFrontCoded(strings, order, sink)
}

export function readDictionary(head: ByteReader, body: BodyReader): Value[] {
  const count = head.varint('values of a dictionary')
  if (count === 0) return []
  const { bytes, ends } = readFrontCoded(head, body, count)
  const values = new Array<Value>(count)
  const where = { object: body.origin.object, base: body.origin.offset }
  const text = asciiText(bytes)
  for (let i = 0, start = 0; i < count; i++) {
    const end = ends[i]
    // Cutting strings from one text takes a tenth of decoding each.
    if (text !== undefined && bytes[start] === stringTag && start < end) values[i] = text.substring(start + 1, end)
    else values[i] = decodeCanonical(bytes, { ...where, start, end })
    start = end
  }
  return values
}

/** First canonical byte of a string (ADR 0004). */
const stringTag = 4

/** The bytes as text, a unit per byte, when all are ASCII. */
function asciiText(bytes: Uint8Array): string | undefined {
  let bits = 0
  for (let i = 0; i < bytes.length; i++) bits |= bytes[i]
  return bits < 0x80 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1') : undefined
}
