/**
 * The dictionary of a property in a slice: its distinct values other than numbers, sorted by canonical
 * bytes (ADR 0004), so that codes order as values do.
 *
 *     description:  values varint · front-coded canonical bytes (`codec/front-coding.ts`)
 */

import { compareBytes } from '../../../common/bytes/compare.ts'
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { canonicalBytes, decodeCanonical } from '../../schema/canonical.ts'
import type { Value } from '../../schema/value.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { readFrontCoded, writeFrontCoded } from '../codec/front-coding.ts'
import { firstDictionaryCode, type PropertyRows } from './contract.ts'

export interface SortedDictionary {
  /** Canonical bytes of the values that occur, sorted. */
  readonly bytes: readonly Uint8Array[]
  /** Code in this dictionary per code of the rows it was made from; codes below 2 stay. */
  readonly recode: Uint32Array
}

export function sortDictionary(property: PropertyRows): SortedDictionary {
  const { dictionary, codes } = property
  const used = new Uint8Array(dictionary.length + firstDictionaryCode)
  for (let i = 0; i < codes.length; i++) used[codes[i]] = 1
  const entries: { code: number; bytes: Uint8Array }[] = []
  for (let i = 0; i < dictionary.length; i++) {
    const code = firstDictionaryCode + i
    if (used[code] === 1) entries.push({ code, bytes: canonicalBytes(dictionary[i]) })
  }
  entries.sort((a, b) => compareBytes(a.bytes, b.bytes))
  const recode = new Uint32Array(used.length)
  recode[1] = 1
  entries.forEach((entry, rank) => {
    recode[entry.code] = firstDictionaryCode + rank
  })
  return { bytes: entries.map((entry) => entry.bytes), recode }
}

export function writeDictionary(bytes: readonly Uint8Array[], sink: ColumnSink): void {
  sink.head.varint(bytes.length)
  if (bytes.length > 0) writeFrontCoded(bytes, sink)
}

export function readDictionary(head: ByteReader, body: BodyReader): Value[] {
  const count = head.varint('values of a dictionary')
  if (count === 0) return []
  const { bytes, ends } = readFrontCoded(head, body, count)
  const values = new Array<Value>(count)
  const where = { object: body.origin.object, base: body.origin.offset }
  for (let i = 0, start = 0; i < count; i++) {
    values[i] = decodeCanonical(bytes, { ...where, start, end: ends[i] })
    start = ends[i]
  }
  return values
}
